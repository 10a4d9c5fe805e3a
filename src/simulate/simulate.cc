#include "simulate/simulate.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"
#include "simulate/audience.h"
#include "simulate/titles.h"
#include "simulate/world.h"

namespace marquee {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFlushBytes = 1 << 20;

// Appears under its name when Finish is called, and not at all otherwise.
class OutputFile {
 public:
  explicit OutputFile(fs::path path)
      : path_(std::move(path)),
        partial_(path_.string() + ".partial"),
        file_(std::fopen(partial_.c_str(), "wb")) {
    if (file_ == nullptr) ThrowFileError(errno, "create", partial_);
    std::setvbuf(file_, nullptr, _IONBF, 0);
  }
  ~OutputFile() {
    if (file_ == nullptr) return;
    std::fclose(file_);
    std::remove(partial_.c_str());
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  std::string& text() { return text_; }
  void FlushWhenFull() {
    if (text_.size() >= kFlushBytes) Flush();
  }
  void Finish() {
    Flush();
    std::FILE* file = std::exchange(file_, nullptr);
    if (std::fclose(file) != 0) ThrowFileError(errno, "write", partial_);
    if (std::rename(partial_.c_str(), path_.c_str()) != 0) ThrowFileError(errno, "replace", path_);
  }

 private:
  void Flush() {
    if (std::fwrite(text_.data(), 1, text_.size(), file_) != text_.size())
      ThrowFileError(errno, "write", partial_);
    text_.clear();
  }

  const fs::path path_;
  const fs::path partial_;
  std::FILE* file_;
  std::string text_;
};

void AppendInt(int64_t value, std::string* text) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  text->append(digits, end);
}

template <typename T>
void CheckRange(std::string_view name, T value, T low, T high) {
  if (value >= low && value <= high) return;
  throw Error(Code::kInvalidArgument, StrCat(name, " is ", value, ": must be ", low, " to ", high));
}

void Validate(const SimulateOptions& options) {
  CheckRange<int64_t>("users", options.users, 1, 10'000'000);
  CheckRange<int64_t>("films", options.films, 100, 1'000'000);
  CheckRange<int64_t>("ratings", options.ratings, options.users * kMinRatings,
                      std::max(options.users * options.films / 4, options.users * kMinRatings));
  CheckRange("days", options.days, 28, 3650);
  CheckRange("communities", options.communities, 1, 1000);
  if (std::isnan(options.taste_strength))
    throw Error(Code::kInvalidArgument, "taste_strength is not a number");
  CheckRange("taste_strength", options.taste_strength, 0.0, 4.0);
}

std::string CsvField(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  return StrCat('"', ReplaceAll(text, "\"", "\"\""), '"');
}

void WriteFilms(const World& world, const fs::path& path) {
  OutputFile file(path);
  file.text() = "movieId,title,genres\n";
  for (size_t i = 0; i < world.films().size(); ++i) {
    const Film& film = world.films()[i];
    std::string genres;
    for (const uint8_t genre : world.traits()[i].genres) {
      if (genre == kNumGenres) continue;
      if (!genres.empty()) genres += '|';
      genres += GenreNames()[genre];
    }
    file.text() +=
        StrCat(i + 1, ",", CsvField(CatalogTitle(film.title, film.year)), ",", genres, "\n");
    file.FlushWhenFull();
  }
  file.Finish();
}

// By user, then by film, as MovieLens orders its file.
void AppendRatings(int64_t user, std::vector<SimulatedRating> ratings, std::string* text) {
  std::sort(ratings.begin(), ratings.end(),
            [](const auto& a, const auto& b) { return a.film < b.film; });
  for (const SimulatedRating& rating : ratings) {
    AppendInt(user, text);
    *text += ',';
    AppendInt(rating.film + 1, text);
    *text += ',';
    *text += static_cast<char>('0' + rating.half_stars / 2);
    *text += rating.half_stars % 2 == 0 ? ".0," : ".5,";
    AppendInt(rating.rated_at_s, text);
    *text += '\n';
  }
}

int64_t FilmsAtStart(const World& world) {
  return std::count_if(world.films().begin(), world.films().end(),
                       [](const Film& film) { return film.release_day <= 0; });
}

void WriteRatings(const World& world, const SimulateOptions& options, const fs::path& path,
                  Progress& progress, const CancelToken& cancel) {
  const std::vector<int32_t> activity = DrawActivity(options, FilmsAtStart(world) * 3 / 4);
  Audience audience(world, options);
  OutputFile file(path);
  file.text() = "userId,movieId,rating,timestamp\n";
  int64_t written = 0;
  for (int64_t user = 0; user < options.users; ++user) {
    const int32_t count = activity[static_cast<size_t>(user)];
    AppendRatings(user + 1, audience.Watch(user, count), &file.text());
    file.FlushWhenFull();
    written += count;
    if (user % 64 != 0) continue;
    cancel.ThrowIfRequested("simulate");
    progress.Update("simulate", static_cast<double>(written) / static_cast<double>(options.ratings),
                    StrCat(WithThousands(written), " ratings"));
  }
  file.Finish();
  progress.Update("simulate", 1, StrCat(WithThousands(written), " ratings"));
}

std::string ReadmeText(const SimulateOptions& options) {
  return StrCat(
      "This dataset (marquee-simulated) is invented. Its films do not exist and its viewers are no "
      "people:\nMarquee drew both from a seeded model, so that everything can be tried without any "
      "download.\nIt has the files of a MovieLens release (ratings.csv, movies.csv) and may be "
      "used "
      "for anything.\n\nSame settings, same bytes:\n",
      "  users           ", options.users, "\n  films           ", options.films,
      "\n  ratings         ", options.ratings, "\n  days            ", options.days,
      "\n  communities     ", options.communities, "\n  taste_strength  ", options.taste_strength,
      "\n  seed            ", options.seed, "\n");
}

}  // namespace

SimulatedFiles WriteSimulatedWorld(const SimulateOptions& options, const fs::path& folder,
                                   Progress& progress, const CancelToken& cancel) {
  Validate(options);
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) ThrowFileError(error.value(), "create", folder);
  progress.Update("simulate", 0, "films");
  const World world(options);
  WriteRatings(world, options, folder / "ratings.csv", progress, cancel);
  WriteFilms(world, folder / "movies.csv");
  WriteFileAtomic(folder / "README.txt", ReadmeText(options));
  return {folder, options.users, options.films, options.ratings};
}

}  // namespace marquee
