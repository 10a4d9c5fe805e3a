// The titles there are: found, and by chart.
#pragma once

#include "base/clock.h"
#include "http/message.h"
#include "recommend/engine.h"
#include "services/live_catalog.h"

namespace marquee {

// Thread-safe. What is passed in must outlive it. Handlers throw invalid_argument for a bad id, a
// number out of range and an unknown query parameter, each by name.
class CatalogService {
 public:
  CatalogService(const RecommendEngine& engine, LiveCatalog& live) : engine_(engine), live_(live) {}

  // GET /items?q=matrix&limit=20, and genres, min_year, max_year, max_age, cursor; without q, the
  // popular titles. {"query", "items", "next_cursor"}: the last is null where there are no more.
  http::Response Items(const http::Request& request) const;
  // GET /items/{item_id}; not_found.
  http::Response Item(const http::Request& request) const;
  // POST /items {"item_id", "title", "year", "genres", "age_rating", "available"}: 201 with the
  // title and its Location; already_exists. The same fields, without the id, are those of
  // PATCH /items/{item_id} (JSON merge patch, RFC 7396). DELETE /items/{item_id}: 204. The next
  // answer follows each. With If-Match, 412 when the title has another ETag. They wait for the
  // disk.
  http::Response AddItem(const http::Request& request) const;
  http::Response ChangeItem(const http::Request& request) const;
  http::Response DeleteItem(const http::Request& request) const;
  // GET /popular?days=7&k=10, /trending?days=7, /new, each with offset, genres, exclude, min_year,
  // max_year and max_age: recommendations for nobody in particular (charts.h). Without days
  // /popular is of all the time and /trending of 7.
  http::Response Popular(const http::Request& request) const;
  http::Response Trending(const http::Request& request) const;
  http::Response New(const http::Request& request) const;

 private:
  http::Response Written(const std::string& item_id, int status) const;

  const RecommendEngine& engine_;
  LiveCatalog& live_;
};

}  // namespace marquee
