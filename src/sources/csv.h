// A CSV file with a header as a data set.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "sources/byte_source.h"
#include "sources/dataset.h"

namespace marquee::sources {

// The file `file` of `files`; `label` names it in errors. Separator: whichever of , ; tab | is most
// frequent in the header. `mapping` as in OpenOptions. Throws what OpenDataset says.
Dataset ReadCsv(std::shared_ptr<const FileTree> files, const std::string& file,
                const std::string& label, const std::map<std::string, std::string>& mapping);

}  // namespace marquee::sources
