// Erases a person from a home: from the state, the event log, the lake, the models and the reports.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "app/environment.h"
#include "base/cancel.h"
#include "base/json.h"
#include "base/progress.h"
#include "events/event_log.h"
#include "pipelines/erase.h"
#include "records/record_store.h"

namespace marquee {

struct Erased {
  int64_t events = 0;  // of the log
  EraseResult data;
  // {"user_id", "events", "rows", "tables", "reports", "models_deleted", "models_to_train"}
  Json ToJson(std::string_view user_id) const;
};

// Thread-safe: one erasure at a time. What is passed in must outlive it.
class Eraser {
 public:
  Eraser(Environment& environment, EventLog& log, RecordStore& records)
      : environment_(environment), log_(log), records_(records) {}

  // First and durably the person is noted as erased: from then on no answer of any process on the
  // home knows them. Then all that is on the disk goes, and last the id in that note, of which a
  // hash stays. One that was cancelled or killed is to be repeated; an unknown person is no error.
  // Throws cancelled, and what the parts throw.
  Erased Erase(const std::string& user_id, Progress& progress, const CancelToken& cancel);
  // Those that were cut off, or are under way in another process. One that fails is logged and left
  // to the next time. Throws cancelled.
  void FinishAll(Progress& progress, const CancelToken& cancel);

 private:
  Environment& environment_;
  EventLog& log_;
  RecordStore& records_;
  std::mutex mutex_;
};

}  // namespace marquee
