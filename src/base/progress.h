// How long work tells a person where it is. The cli draws it; tests and services ignore it.
#pragma once

#include <string_view>

namespace marquee {

class Progress {
 public:
  virtual ~Progress() = default;
  // `stage` is what runs ("silver.ratings"); `fraction` is 0..1, or below 0 when unknown; `detail`
  // is a few words. May be called from any thread, often.
  virtual void Update(std::string_view stage, double fraction, std::string_view detail) = 0;
};

class NoProgress : public Progress {
 public:
  void Update(std::string_view, double, std::string_view) override {}
};

}  // namespace marquee
