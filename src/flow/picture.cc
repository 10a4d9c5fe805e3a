#include "flow/picture.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "base/text.h"
#include "flow/times.h"

namespace marquee::flow {
namespace {

constexpr int kBoxWidth = 180;
constexpr int kBoxHeight = 34;
constexpr int kColumn = 230;
constexpr int kRow = 52;
constexpr int kMargin = 16;

std::string Escaped(std::string_view text) {
  return ReplaceAll(ReplaceAll(ReplaceAll(text, "&", "&amp;"), "<", "&lt;"), "\"", "&quot;");
}

std::string_view ColourOf(TaskState state) {
  switch (state) {
    case TaskState::kSuccess:
      return "#2e8540";
    case TaskState::kFailed:
      return "#c0392b";
    case TaskState::kUpstreamFailed:
      return "#d68910";
    case TaskState::kSkipped:
      return "#b03a8c";
    case TaskState::kRunning:
      return "#3fb950";
    case TaskState::kUpForRetry:
      return "#b7950b";
    default:
      return "#7f8c8d";
  }
}

std::string SvgHead(int width, int height) {
  return StrCat("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", width, " ", height,
                "\" width=\"", width, "\" height=\"", height,
                "\" font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" "
                "height=\"100%\" fill=\"#ffffff\"/>\n");
}

std::string SvgText(int x, int y, std::string_view text, std::string_view colour) {
  return StrCat("<text x=\"", x, "\" y=\"", y, "\" fill=\"", colour, "\">", Escaped(text),
                "</text>\n");
}

// How many others must come before a task: its column.
std::vector<int> ColumnsOf(const Dag& dag) {
  std::vector<int> columns(dag.tasks.size(), 0);
  for (size_t i = 0; i < dag.tasks.size(); ++i) {
    for (const size_t need : dag.tasks[i].upstream) {
      columns[i] = std::max(columns[i], columns[need] + 1);
    }
  }
  return columns;
}

struct Box {
  int x;
  int y;
};

std::vector<Box> PlaceBoxes(const std::vector<int>& columns) {
  std::map<int, int> rows;
  std::vector<Box> boxes;
  for (const int column : columns) {
    boxes.push_back({kMargin + column * kColumn, kMargin + rows[column]++ * kRow});
  }
  return boxes;
}

std::string Edge(const Box& from, const Box& to) {
  const int x1 = from.x + kBoxWidth;
  const int y1 = from.y + kBoxHeight / 2;
  const int y2 = to.y + kBoxHeight / 2;
  const int middle = (x1 + to.x) / 2;
  return StrCat("<path d=\"M", x1, " ", y1, " C", middle, " ", y1, " ", middle, " ", y2, " ",
                to.x - 4, " ", y2,
                "\" fill=\"none\" stroke=\"#95a5a6\" marker-end=\"url(#a)\"/>\n");
}

struct Span {
  int64_t start;
  int64_t end;
};

std::optional<Span> SpanOf(const TaskInstance& task, int64_t now_us) {
  if (!task.start_us) return std::nullopt;
  return Span{*task.start_us, std::max(task.end_us.value_or(now_us), *task.start_us)};
}

Span WholeSpan(const std::vector<TaskInstance>& tasks, int64_t now_us) {
  std::optional<Span> whole;
  for (const TaskInstance& task : tasks) {
    const auto span = SpanOf(task, now_us);
    if (!span) continue;
    if (!whole) whole = span;
    whole = Span{std::min(whole->start, span->start), std::max(whole->end, span->end)};
  }
  return whole.value_or(Span{now_us, now_us});
}

size_t Scaled(int64_t us, const Span& whole, size_t width) {
  const int64_t length = std::max<int64_t>(whole.end - whole.start, 1);
  return static_cast<size_t>((us - whole.start) * static_cast<int64_t>(width) / length);
}

std::string Padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

}  // namespace

std::string GraphText(const Dag& dag) {
  std::string text;
  const std::function<void(size_t, size_t)> add = [&](size_t at, size_t depth) {
    const Task& task = dag.tasks[at];
    StrAppend(&text, std::string(2 * depth, ' '), depth == 0 ? "" : "└ ", task.id);
    std::vector<std::string> others(task.needs);
    if (others.size() > 1) StrAppend(&text, "   (needs ", Join(others, ", "), ")");
    if (task.trigger_rule != TriggerRule::kAllSuccess) {
      StrAppend(&text, "   [", TriggerRuleName(task.trigger_rule), "]");
    }
    text += '\n';
    for (const size_t next : task.downstream) {
      // `tasks` is in an order in which the last it needs is the one with the largest place.
      if (std::ranges::max(dag.tasks[next].upstream) == at) add(next, depth + 1);
    }
  };
  for (size_t i = 0; i < dag.tasks.size(); ++i) {
    if (dag.tasks[i].upstream.empty()) add(i, 0);
  }
  return text;
}

std::string GraphSvg(const Dag& dag, const std::vector<TaskInstance>& tasks) {
  const std::vector<int> columns = ColumnsOf(dag);
  const std::vector<Box> boxes = PlaceBoxes(columns);
  int width = 0;
  int height = 0;
  for (const Box& box : boxes) {
    width = std::max(width, box.x + kBoxWidth + kMargin);
    height = std::max(height, box.y + kBoxHeight + kMargin);
  }
  std::string svg = SvgHead(width, height);
  svg +=
      "<defs><marker id=\"a\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" "
      "markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" "
      "fill=\"#95a5a6\"/></marker></defs>\n";
  for (size_t i = 0; i < dag.tasks.size(); ++i) {
    for (const size_t need : dag.tasks[i].upstream) svg += Edge(boxes[need], boxes[i]);
  }
  for (size_t i = 0; i < dag.tasks.size(); ++i) {
    const auto instance = std::ranges::find(tasks, dag.tasks[i].id, &TaskInstance::task_id);
    const TaskState state = instance == tasks.end() ? TaskState::kNone : instance->state;
    StrAppend(&svg, "<rect x=\"", boxes[i].x, "\" y=\"", boxes[i].y, "\" width=\"", kBoxWidth,
              "\" height=\"", kBoxHeight,
              "\" rx=\"5\" fill=\"#f8f9fa\" stroke-width=\"2\" stroke=\"", ColourOf(state),
              "\"><title>", Escaped(dag.tasks[i].id), " ", TaskStateName(state),
              "</title></rect>\n");
    std::string shown = dag.tasks[i].id;
    if (shown.size() > 24) shown = shown.substr(0, 23) + "…";
    svg += SvgText(boxes[i].x + 8, boxes[i].y + 21, shown, "#212529");
  }
  return svg + "</svg>\n";
}

std::string GanttText(const std::vector<TaskInstance>& tasks, int64_t now_us, size_t width) {
  const Span whole = WholeSpan(tasks, now_us);
  size_t longest = 0;
  for (const TaskInstance& task : tasks) longest = std::max(longest, task.task_id.size());
  std::string text;
  for (const TaskInstance& task : tasks) {
    const auto span = SpanOf(task, now_us);
    std::string bar;
    std::string took;
    if (span) {
      const size_t start = std::min(Scaled(span->start, whole, width), width - 1);
      const size_t end = std::max(Scaled(span->end, whole, width), start + 1);
      bar = std::string(start, ' ');
      for (size_t i = start; i < end; ++i) bar += "━";
      bar += std::string(width - end, ' ');
      took = HumanDuration(span->end - span->start);
    } else {
      bar = std::string(width, ' ');
    }
    StrAppend(&text, Padded(task.task_id, longest), "  ", bar, "  ",
              Padded(std::string(TaskStateName(task.state)), 15), " ", took, "\n");
  }
  return text;
}

std::string GanttSvg(const std::vector<TaskInstance>& tasks, int64_t now_us) {
  constexpr int kLabel = 240;
  constexpr int kChart = 640;
  constexpr int kLine = 26;
  const Span whole = WholeSpan(tasks, now_us);
  const int height = 2 * kMargin + kLine * static_cast<int>(tasks.size());
  std::string svg = SvgHead(kLabel + kChart + 110, height);
  int y = kMargin;
  for (const TaskInstance& task : tasks) {
    svg += SvgText(kMargin, y + 15, task.task_id, "#212529");
    if (const auto span = SpanOf(task, now_us)) {
      const int x = kLabel + static_cast<int>(Scaled(span->start, whole, kChart));
      const int end = kLabel + static_cast<int>(Scaled(span->end, whole, kChart));
      const std::string took = HumanDuration(span->end - span->start);
      StrAppend(&svg, "<rect x=\"", x, "\" y=\"", y, "\" width=\"", std::max(end - x, 2),
                "\" height=\"", kLine - 8, "\" rx=\"3\" fill=\"", ColourOf(task.state),
                "\"><title>", Escaped(task.task_id), " ", TaskStateName(task.state), " ", took,
                "</title></rect>\n");
      svg += SvgText(std::max(end, x + 2) + 6, y + 15, took, "#495057");
    }
    y += kLine;
  }
  return svg + "</svg>\n";
}

}  // namespace marquee::flow
