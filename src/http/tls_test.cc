#include "http/tls.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/error_matchers.h"
#include "base/files.h"
#include "base/text.h"
#include "http/client.h"
#include "http/server.h"
#include "http/test_client.h"

namespace marquee::http {
namespace {

using testing::HasSubstr;

// A certificate of localhost that signs itself, made by OpenSSL's own program.
void MakeCertificate(const std::filesystem::path& folder, const std::string& name) {
  const std::string path = (folder / name).string();
  const std::string command = StrCat(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
      "/CN=",
      name, " -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout ", path, ".key -out ", path,
      ".pem 2>", path, ".log");
  ASSERT_EQ(std::system(command.c_str()), 0) << ReadFile(path + ".log");
}

class TlsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDir();
    MakeCertificate(folder_->path(), "one");
    MakeCertificate(folder_->path(), "two");
  }
  static void TearDownTestSuite() { delete folder_; }

  static std::string File(const std::string& name) { return (folder_->path() / name).string(); }

  void Start(ServerOptions options = {}) {
    Router router;
    router.Add("GET", "/hello", Role::kPublic,
               [](const Request&) { return JsonText("\"hello\""); });
    router.Add("GET", "/large", Role::kPublic,
               [](const Request&) { return Html(std::string(3 << 20, 'x')); });
    router.Add("POST", "/echo", Role::kPublic,
               [](const Request& request) { return Html(request.body); });
    options.io_threads = 2;
    if (options.tls_certificate.empty()) {
      options.tls_certificate = File("one.pem");
      options.tls_key = File("one.key");
    }
    server_.emplace(options, std::move(router), probe_);
    server_->Start();
  }

  std::string Url(const std::string& path) const {
    return StrCat("https://localhost:", server_->port(), path);
  }
  static Client Trusting(const std::string& file) {
    return Client({.transfer = {.ca_file = File(file), .proxy_of_environment = false}});
  }

  static TempDir* folder_;
  NoProbe probe_;
  std::optional<Server> server_;
};

TempDir* TlsTest::folder_ = nullptr;

// Whether a handshake that offers `version` at most comes to an end.
bool Connects(uint16_t port, int version) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), version);
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), SSL_free);
  SSL_set_fd(tls.get(), socket);
  const bool connected = SSL_connect(tls.get()) == 1;
  ::close(socket);
  return connected;
}

TEST_F(TlsTest, BrowsersAreToldToInsistOnItWhereThatIsWished) {
  Start({.hsts_seconds = 3600});
  const auto answer = Trusting("one.pem").Send({.url = Url("/hello")});
  EXPECT_EQ(answer.FindHeader("Strict-Transport-Security").value_or(""), "max-age=3600");
  server_.reset();
  Start();
  EXPECT_FALSE(
      Trusting("one.pem").Send({.url = Url("/hello")}).FindHeader("Strict-Transport-Security"));
}

TEST_F(TlsTest, AnswersWhoTrustsItsCertificate) {
  Start();
  const Client client = Trusting("one.pem");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Send({.url = Url("/hello")}).body, "\"hello\"");
  EXPECT_EQ(client.Send({.url = Url("/large")}).body, std::string(3 << 20, 'x'));
  const std::string body(1 << 20, 'b');
  EXPECT_EQ(client.Send({.method = "POST", .url = Url("/echo"), .body = body}).body, body);
}

TEST_F(TlsTest, AClientOfOursRefusesACertificateThatItDoesNotTrust) {
  Start();
  EXPECT_THAT([&] { Trusting("two.pem").Send({.url = Url("/hello")}); },
              ThrowsError(Code::kUnavailable, HasSubstr("certificate")));
}

TEST_F(TlsTest, SpeaksTls12And13AndNoOlder) {
  Start();
  EXPECT_TRUE(Connects(server_->port(), TLS1_3_VERSION));
  EXPECT_TRUE(Connects(server_->port(), TLS1_2_VERSION));
  EXPECT_FALSE(Connects(server_->port(), TLS1_1_VERSION));
  EXPECT_FALSE(Connects(server_->port(), TLS1_VERSION));
}

TEST_F(TlsTest, CutsAHandshakeThatDoesNotCome) {
  Start({.header_timeout_ms = 50});
  TestClient silent(server_->port());
  EXPECT_TRUE(silent.WaitForClose());
}

TEST_F(TlsTest, OutlivesWhatIsNoTls) {
  Start();
  TestClient plain(server_->port());
  plain.Send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  plain.WaitForClose();
  EXPECT_EQ(Trusting("one.pem").Send({.url = Url("/hello")}).status, 200);
}

TEST_F(TlsTest, TakesACertificateThatReplacedTheOld) {
  const std::string certificate = File("live.pem");
  const std::string key = File("live.key");
  WriteFileAtomic(certificate, ReadFile(File("one.pem")));
  WriteFileAtomic(key, ReadFile(File("one.key")));
  TlsIdentity identity(certificate, key);
  const auto first = identity.context();
  identity.ReloadIfChanged();
  EXPECT_EQ(identity.context(), first);
  // Half of it replaced: no pair.
  WriteFileAtomic(certificate, ReadFile(File("two.pem")));
  identity.ReloadIfChanged();
  EXPECT_EQ(identity.context(), first);
  WriteFileAtomic(key, ReadFile(File("two.key")));
  identity.ReloadIfChanged();
  EXPECT_NE(identity.context(), first);
}

TEST_F(TlsTest, ABadIdentityIsNamed) {
  NoProbe probe;
  const auto make = [&](const std::string& certificate, const std::string& key) {
    Server({.tls_certificate = certificate, .tls_key = key}, Router(), probe);
  };
  EXPECT_THAT([&] { make(File("none.pem"), File("one.key")); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("none.pem")));
  EXPECT_THAT([&] { make(File("one.pem"), File("two.key")); },
              ThrowsError(Code::kInvalidArgument, HasSubstr("two.key")));
  EXPECT_THAT([&] { make(File("one.pem"), ""); },
              ThrowsError(Code::kInvalidArgument, "tls: a certificate without a key"));
}

}  // namespace
}  // namespace marquee::http
