"""The first things a new user does, right and wrong."""

import json
import re
import subprocess
import tempfile
import unittest

from support import PROGRAM, marquee


class Usage(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = folder.name + "/home"

    def fails(self, code, *args):
        done = marquee(self.home, *args)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_help_lists_the_commands_and_each_has_its_own(self):
        done = marquee(self.home, "--help")
        self.assertEqual(done.returncode, 0)
        for command in ("up", "import", "bronze", "silver", "gold", "train", "evaluate", "tune", "recommend", "data", "doctor"):
            self.assertIn(command, done.stdout)
            own = marquee(self.home, command, "--help")
            self.assertEqual(own.returncode, 0)
            self.assertIn(command, own.stdout)

    def test_a_mistyped_command_or_flag_names_the_nearest(self):
        self.assertIn("unknown word 'trian'; did you mean 'train'?", self.fails(2, "trian"))
        self.assertIn("unknown flag '--modle'; did you mean '--model'?", self.fails(2, "train", "--modle", "ials"))

    def test_a_home_without_data_says_how_to_load_some(self):
        errors = self.fails(1, "recommend", "--user", "1")
        self.assertIn("holds no data", errors)
        self.assertIn("marquee import", errors)

    def test_a_missing_data_set_is_named(self):
        self.assertIn("/nowhere", self.fails(1, "import", "/nowhere"))

    def test_an_unknown_setting_names_the_nearest(self):
        errors = self.fails(2, "--config", "server.prot=1", "doctor")
        self.assertIn("unknown setting 'server.prot'; did you mean 'server.port'?", errors)

    def test_doctor_reports_without_a_home(self):
        done = marquee(self.home, "doctor", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertIn(report["simd"], ("scalar", "sse4", "avx2", "avx512", "neon"))

    def test_no_empty_frame_hides_another_from_the_unwinder(self):
        frames = subprocess.run(["readelf", "--wide", "--debug-dump=frames", PROGRAM], capture_output=True, text=True, check=True).stdout
        spans = re.findall(r"FDE cie=\w+ pc=(\w+)\.\.(\w+)", frames)
        self.assertGreater(len(spans), 1000)
        starts = {start for start, end in spans if start != end}
        self.assertEqual([start for start, end in spans if start == end and start in starts], [])


if __name__ == "__main__":
    unittest.main()
