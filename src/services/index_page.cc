#include "services/index_page.h"

#include "base/text.h"
#include "base/version.h"
#include "http/params.h"

namespace marquee {
namespace {

constexpr std::string_view kPage = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Marquee</title>
<style>
  :root { color-scheme: light dark }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
  h1 { margin-bottom: 0 }
  form { display: inline-flex; flex-wrap: wrap; gap: .5rem; margin: 0 2rem 1rem 0; align-items: end }
  label { display: grid; font-size: .85rem }
  input, button { font: inherit; padding: .3rem .5rem }
  input[type=number] { width: 5rem }
  .wide { overflow-x: auto }
  table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; padding: .35rem .5rem; border-bottom: 1px solid #8884; vertical-align: top }
  small, .note { opacity: .75 }
  .bad { color: #c33 }
</style>
<h1>Marquee</h1>
<p class="note">Version VERSION. What to watch next, and why.</p>
<form id="recommend">
  <label>User <input name="user_id" value="1" required maxlength="256"></label>
  <label>How many <input name="k" type="number" min="1" max="1000" value="10"></label>
  <button>Recommend</button>
</form>
<form id="search">
  <label>Title <input name="q" placeholder="empty: the popular ones" maxlength="256"></label>
  <button>Search</button>
</form>
<p id="note" class="note" role="status"></p>
<div class="wide"><table hidden><thead><tr><th>Title<th>Year<th>Genres<th>Why<th></tr></thead><tbody></tbody></table></div>
<p><a href="/docs">The API, route by route</a></p>
<p><small>As JSON: <a href="/recommend?user_id=1">/recommend?user_id=1</a> ·
  <a href="/recommend/1">/recommend/1</a> · <a href="/items">/items</a> ·
  <a href="/items?q=the">/items?q=the</a> · <a href="/users/1">/users/1</a> ·
  <a href="/status">/status</a> · <a href="/health">/health</a> ·
  <a href="/metrics">/metrics</a></small></p>
<script>
  const note = document.getElementById('note');
  const table = document.querySelector('table');
  const cell = (row, text) => { row.insertCell().textContent = text ?? ''; };
  async function show(url, title) {
    let answer;
    try {
      const response = await fetch(url);
      answer = await response.json();
      if (!response.ok) throw new Error(answer.message + (answer.hint ? ': ' + answer.hint : ''));
    } catch (error) {
      note.textContent = error.message;
      note.className = 'bad';
      table.hidden = true;
      return;
    }
    note.className = 'note';
    note.textContent = title(answer);
    table.hidden = false;
    table.tBodies[0].replaceChildren();
    for (const item of answer.items) {
      const row = table.tBodies[0].insertRow();
      cell(row, item.title);
      cell(row, item.year);
      cell(row, item.genres.join(', '));
      cell(row, item.reason ?? item.num_ratings.toLocaleString() + ' ratings' +
        (item.mean_rating === null ? '' : ', mean ' + item.mean_rating.toFixed(2)));
      const like = document.createElement('button');
      like.textContent = 'Similar';
      like.onclick = () => show('/items/' + encodeURIComponent(item.item_id) + '/similar',
        () => 'Similar to ' + item.title);
      row.insertCell().append(like);
    }
  }
  document.getElementById('recommend').onsubmit = event => {
    event.preventDefault();
    const form = new FormData(event.target);
    show('/recommend?' + new URLSearchParams(form), answer => answer.rung === 'popular'
      ? 'No taste known of user ' + answer.user_id + ': popular titles'
      : 'For user ' + answer.user_id + ', by model ' + answer.model + ' v' + answer.model_version);
  };
  document.getElementById('search').onsubmit = event => {
    event.preventDefault();
    show('/items?' + new URLSearchParams(new FormData(event.target)),
      answer => answer.items.length ? (answer.query ? 'Titles with "' + answer.query + '"' : 'Popular titles')
        : 'No title has "' + answer.query + '"');
  };
  document.getElementById('recommend').requestSubmit();
</script>
</html>
)html";

// Nothing from elsewhere, and in no frame.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src "
    "'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

Json JsonIndex() {
  Json routes = Json::MakeArray();
  for (const char* route :
       {"/recommend?user_id={user_id}&num_recommendations={n}", "/recommend/{user_id}?k={n}",
        "/items?q={words}&limit={n}", "/items/{item_id}", "/items/{item_id}/similar?k={n}",
        "/users/{user_id}", "/docs", "/openapi.json", "/health", "/status", "/metrics"}) {
    routes.Append(route);
  }
  return Json::MakeObject({{"name", "marquee"}, {"version", Version()}, {"routes", routes}});
}

}  // namespace

http::Response Index(const http::Request& request) {
  http::RequireKnownQuery(request, {});
  const std::string_view accept = request.FindHeader("Accept").value_or("");
  if (accept.find("text/html") == std::string_view::npos) return http::Json(JsonIndex());
  http::Response response = http::Html(ReplaceAll(kPage, "VERSION", Version()));
  response.headers.push_back({"Content-Security-Policy", std::string(kPolicy)});
  response.headers.push_back({"Vary", "Accept"});
  return response;
}

}  // namespace marquee
