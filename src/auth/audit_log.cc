#include "auth/audit_log.h"

#include <limits>

#include "auth/database.h"

namespace marquee::auth {
namespace {

constexpr int64_t kDayMs = 86'400'000;

}  // namespace

AuditLog::AuditLog(const std::filesystem::path& path, const Clock& clock, int64_t retention_ms)
    : clock_(clock), retention_ms_(retention_ms), connection_(OpenDatabase(path)) {
  RemoveOld();
}

void AuditLog::RemoveOld() {
  removed_ms_ = clock_.NowMs();
  if (retention_ms_ == 0) return;
  sqlite::Statement remove(connection_, "delete from audit where at_ms < ?");
  remove.Bind(1, removed_ms_ - retention_ms_).Run();
}

void AuditLog::Append(const AuditEntry& entry) {
  const std::scoped_lock lock(mutex_);
  if (clock_.NowMs() >= removed_ms_ + kDayMs) RemoveOld();
  sqlite::Statement insert(connection_,
                           "insert into audit values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert.Bind(1, clock_.NowMs()).Bind(2, entry.who).Bind(3, entry.role).Bind(4, entry.address);
  insert.Bind(5, entry.method).Bind(6, entry.route).Bind(7, entry.target);
  insert.Bind(8, entry.status).Bind(9, entry.request_id).Run();
}

std::vector<AuditEntry> AuditLog::Page(int64_t before, int64_t limit) {
  const std::scoped_lock lock(mutex_);
  sqlite::Statement select(connection_,
                           "select id, at_ms, who, role, address, method, route, target, status, "
                           "request_id from audit where id < ? order by id desc limit ?");
  select.Bind(1, before == 0 ? std::numeric_limits<int64_t>::max() : before).Bind(2, limit);
  std::vector<AuditEntry> entries;
  while (select.Step()) {
    entries.push_back({.id = select.Int(0),
                       .at_ms = select.Int(1),
                       .who = select.Text(2),
                       .role = select.Text(3),
                       .address = select.Text(4),
                       .method = select.Text(5),
                       .route = select.Text(6),
                       .target = select.Text(7),
                       .status = select.Int(8),
                       .request_id = select.Text(9)});
  }
  return entries;
}

}  // namespace marquee::auth
