// Titles and people that were changed over the API, as rows of bronze: so the next training has
// them.
#pragma once

#include "pipelines/import.h"
#include "records/record_store.h"

namespace marquee {

// Writes the partition "api" of bronze.items and bronze.users, where it would differ from what is
// there: of each title and person with a record all that is known, the changes over gold. Deleted
// titles are left out: what the data has of them stays, hidden by their record. Whether it wrote
// something, so that silver and gold are to be made anew. Does nothing before the first import.
bool WriteRecords(const PipelineRun& run, const RecordStore& records, lake::Lake& lake);

}  // namespace marquee
