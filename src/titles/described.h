// Titles as models see them. Inside the module only.
#pragma once

#include <string>
#include <vector>

#include "models/content_classifier.h"
#include "titles/task.h"

namespace marquee::titles {

struct DescribedTitle {
  std::string show_id;
  std::string title;
  int year_added = 0;    // 0: unknown
  std::string audience;  // content_category
  // Words of title and description, genres, countries, type, decade, length, people; not the
  // rating.
  std::vector<std::string> marks;

  bool is_held_out() const;  // one in five, by the id
  // Whether its audience says something: it is neither Unrated nor Unknown.
  bool is_labelled() const { return audience != "Unrated" && audience != "Unknown"; }
};

// Of netflix_titles_features.csv, in its order; at most the first 200,000, which bounds the memory.
std::vector<DescribedTitle> ReadDescribedTitles(TaskContext& context);

}  // namespace marquee::titles
