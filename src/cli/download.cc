// marquee download: a public data set, fetched and checked.
#include "sources/download.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.h"
#include "cli/context.h"

namespace marquee::cli {

void AddDownload(CLI::App& root, Context& context) {
  struct Flags {
    std::string name;
    std::string output;
  };
  const auto flags = std::make_shared<Flags>();
  CLI::App* download = root.add_subcommand(
      "download", "Fetch a MovieLens release, resumed where it was cut off and checked");
  download
      ->add_option("name", flags->name, "One of: " + Join(sources::DownloadableDatasets(), ", "))
      ->required();
  download->add_option("--output", flags->output, "Folder; default: data/ in the home");
  download->callback([&context, flags] {
    const std::filesystem::path folder = flags->output.empty()
                                             ? context.environment().home().data()
                                             : std::filesystem::path(flags->output);
    const sources::DownloadedDataset fetched =
        sources::DownloadDataset(flags->name, folder, {}, context.progress, context.cancel);
    context.Note(fetched.notice);
    Print(fetched.file.string() + "\n");
  });
}

}  // namespace marquee::cli
