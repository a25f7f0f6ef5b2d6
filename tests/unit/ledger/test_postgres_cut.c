/* The ledger in PostgreSQL when the connection is cut, or the process killed, at each statement and
 * each answer: what was acknowledged is there, of a batch there is all or nothing, and the next
 * writer goes on. The process speaks with the server through a relay of the test, which counts. */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fb_postgres.h"
#include "fb_test.h"
#include "ledger/ledger.h"

/* The second batch fills the first tile. */
enum { BATCH = 3, FIRST = 252, BATCHES = 2, WAIT_MS = 60000, BUFFER = 1 << 16, MANY = 10000 };

/* What a message meets. A message of an even number meets the first of the two. */
enum fault {
    UNDELIVERED, /* it does not arrive, or half of it does */
    UNANSWERED, /* the server does what it says, but the answer does not arrive, or the process does
                   not live to see it */
    FAULTS
};

/* Before the process begins to change something, one message in so many is met. */
enum { STRIDE = 16 };

static struct fb_err err;
static struct fb_postgres server;
static struct fb_note_signer signer;
static char folder[64];
static char direct[128], relayed[128]; /* paths of the ledger */
static int listener = -1;
static _Atomic uint64_t *acknowledged; /* entries; outlives a child */

/* PostgreSQL's tests run when its server is here and libpq was when flyball was built. */
static bool has_postgres(void)
{
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_options options = {.signer = &signer};
    return fb_postgres_is_there() &&
           fb_ledger_open("postgres:/nonexistent", &options, &ledger, &err) != FB_E_UNSUPPORTED;
}

static struct sockaddr_un address_in(const char *where)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/.s.PGSQL.5432", where);
    return address;
}

/* A socket and a connection string that lead to the relay. */
static bool listen_here(void)
{
    char file[96];
    snprintf(folder, sizeof(folder), "/tmp/flyball-relay-XXXXXX");
    if (!mkdtemp(folder)) {
        return false;
    }
    struct sockaddr_un address = address_in(folder);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(file, sizeof(file), "%s/connection", folder);
    FILE *out = fopen(file, "wb");
    if (!out) {
        return false;
    }
    fprintf(out, "host=%s user=flyball dbname=postgres\n", folder);
    snprintf(relayed, sizeof(relayed), "postgres:%s", file);
    snprintf(direct, sizeof(direct), "postgres:%s", server.source);
    return fclose(out) == 0 &&
           bind(listener, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
           listen(listener, 4) == 0;
}

static int set_up(void **state)
{
    (void)state;
    uint8_t seed[32] = {42};
    FB_TEST_OK(fb_note_signer_from_seed(FB_STR("example.org/log"), seed, &signer, &err));
    acknowledged = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (acknowledged == MAP_FAILED) {
        return -1;
    }
    return !has_postgres() || (fb_postgres_start(&server) && listen_here()) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    fb_postgres_stop(&server);
    if (listener >= 0) {
        (void)close(listener);
        (void)nftw(folder, fb_postgres_remove, 16, FTW_DEPTH | FTW_PHYS);
    }
    return munmap((void *)(uintptr_t)acknowledged, 4096);
}

static void need_postgres(void)
{
    if (!has_postgres()) {
        printf("# SKIP " FB_POSTGRES_BIN " is absent\n");
        skip();
    }
}

static void tell(const char *sql)
{
    assert_true(fb_postgres_tell(&server, sql));
}

/* What passes between a process and the server. */
struct relay {
    pid_t client;
    int to_client, to_server;
    enum fault fault;
    const char *change; /* in the query with which it begins to change something */
    size_t at;          /* which message meets the fault */
    size_t seen;        /* messages that could have */
    size_t before;      /* messages before the change that could have */
    bool is_started, is_changing, is_cut, is_killed;
    char bytes[BUFFER]; /* of the process, not whole yet */
    size_t len;
};

static uint32_t number_at(const char *bytes)
{
    uint32_t n = 0;
    for (size_t i = 0; i < 4; i++) {
        n = n << 8 | (uint8_t)bytes[i];
    }
    return n;
}

/* Bytes of the message at the start, 0 when it is not whole. Only the first has no type. */
static size_t message_size(const char *bytes, size_t len, bool has_type)
{
    size_t size = len >= 4 + (size_t)has_type ? number_at(bytes + has_type) + has_type : 0;
    return size <= len ? size : 0;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t sent = send(fd, bytes + done, len - done, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* whoever is gone needs nothing any more */
        }
        done += (size_t)sent;
    }
}

static ssize_t receive(int fd, char *bytes, size_t room)
{
    struct pollfd wanted = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&wanted, 1, WAIT_MS), 1);
    return recv(fd, bytes, room, 0);
}

/* Waits until the server says that it is ready for the next query: it did what it was asked. */
static void await_ready(int fd)
{
    char bytes[BUFFER];
    size_t len = 0;
    for (bool is_ready = false; !is_ready;) {
        ssize_t got = receive(fd, bytes + len, sizeof(bytes) - len);
        if (got <= 0) {
            return;
        }
        len += (size_t)got;
        for (size_t size; (size = message_size(bytes, len, true)) > 0;) {
            is_ready = is_ready || bytes[0] == 'Z';
            len -= size;
            memmove(bytes, bytes + size, len);
        }
    }
}

/* The server's process is gone, with its transaction, when it has closed the connection. */
static void end_server(struct relay *relay)
{
    char bytes[1024];
    (void)shutdown(relay->to_server, SHUT_WR);
    while (receive(relay->to_server, bytes, sizeof(bytes)) > 0) {
    }
    (void)close(relay->to_server);
    relay->to_server = -1;
}

static void cut(struct relay *relay, const char *message, size_t size)
{
    bool is_second = relay->at % 2 == 1;
    relay->is_cut = true;
    if (relay->fault == UNDELIVERED) {
        send_all(relay->to_server, message, is_second ? size / 2 : 0);
    } else {
        send_all(relay->to_server, message, size);
        await_ready(relay->to_server);
        relay->is_killed = is_second;
    }
    if (relay->is_killed) {
        (void)kill(relay->client, SIGKILL);
    }
    end_server(relay);
    (void)close(relay->to_client);
    relay->to_client = -1;
}

/* Whether a message can meet the fault: one that executes something or asks for the answer to it,
 * and the server answers only the latter. */
static bool is_met(struct relay *relay, char type, struct fb_str message)
{
    bool is_asking = type == 'Q' || type == 'S';
    relay->is_changing =
        relay->is_changing ||
        (type == 'Q' && memmem(message.ptr, message.len, relay->change, strlen(relay->change)));
    return (is_asking || (type == 'E' && relay->fault == UNDELIVERED)) &&
           (relay->is_changing || relay->before++ % STRIDE == 0) && relay->seen++ == relay->at;
}

/* Passes on what is whole. */
static void pass_messages(struct relay *relay)
{
    size_t size;
    while (
        !relay->is_cut && (size = message_size(relay->bytes, relay->len, relay->is_started)) > 0) {
        char type = relay->is_started ? relay->bytes[0] : 'S'; /* the first one asks to start */
        relay->is_started = true;
        if (is_met(relay, type, (struct fb_str){relay->bytes, size})) {
            cut(relay, relay->bytes, size);
        } else {
            send_all(relay->to_server, relay->bytes, size);
        }
        relay->len -= size;
        memmove(relay->bytes, relay->bytes + size, relay->len);
    }
}

static void run_relay(struct relay *relay)
{
    char bytes[BUFFER];
    while (!relay->is_cut) {
        struct pollfd fds[2] = {
            {.fd = relay->to_client, .events = POLLIN}, {.fd = relay->to_server, .events = POLLIN}};
        assert_true(poll(fds, 2, WAIT_MS) > 0);
        if (fds[1].revents) {
            ssize_t got = recv(relay->to_server, bytes, sizeof(bytes), 0);
            send_all(relay->to_client, bytes, got > 0 ? (size_t)got : 0);
            if (got <= 0) {
                break;
            }
        }
        if (fds[0].revents) {
            ssize_t got = recv(
                relay->to_client, relay->bytes + relay->len, sizeof(relay->bytes) - relay->len, 0);
            if (got <= 0) {
                break;
            }
            relay->len += (size_t)got;
            pass_messages(relay);
        }
    }
    if (!relay->is_cut) {
        end_server(relay);
        (void)close(relay->to_client);
    }
}

/* Runs a process whose at-th message meets the fault. False when it sent fewer; then nothing was
 * cut and it must have succeeded. */
static bool run_client(void (*client)(void), const char *change, enum fault fault, size_t at)
{
    static struct relay relay;
    int status = 0;
    *acknowledged = 0;
    relay = (struct relay){.fault = fault, .change = change, .at = at};
    relay.client = fork();
    assert_true(relay.client >= 0);
    if (relay.client == 0) {
        client();
        _exit(99);
    }
    struct pollfd wanted = {.fd = listener, .events = POLLIN};
    struct sockaddr_un address = address_in(server.folder);
    assert_int_equal(poll(&wanted, 1, WAIT_MS), 1);
    relay.to_client = accept(listener, NULL, NULL);
    relay.to_server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        connect(relay.to_server, (const struct sockaddr *)&address, sizeof(address)), 0);
    run_relay(&relay);
    assert_int_equal(waitpid(relay.client, &status, 0), relay.client);
    if (relay.is_killed) {
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    } else {
        /* The connection went away, and that is what it says, with a hint. */
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), relay.is_cut ? FB_E_IO : FB_OK);
    }
    return relay.is_cut;
}

static enum fb_code append(struct fb_ledger *ledger)
{
    char texts[BATCH][64];
    struct fb_str entries[BATCH];
    uint64_t first = 0;
    for (size_t i = 0; i < BATCH; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%zu of a batch", i);
        entries[i] = fb_str_of(texts[i]);
    }
    struct fb_ledger_batch batch = {entries, BATCH, 5, FB_LEDGER_ANY_SIZE};
    enum fb_code code = fb_ledger_append(ledger, &batch, &first, &err);
    return code == FB_OK && first % BATCH ? FB_E_NEGATIVE : code;
}

/* A process that appends. What failed fails again on the same connection, and never succeeds in
 * silence. */
static void append_batches(void)
{
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_options options = {.signer = &signer, .busy_ms = WAIT_MS};
    enum fb_code code = fb_ledger_open(relayed, &options, &ledger, &err);
    for (uint64_t i = 0; code == FB_OK && i < BATCHES; i++) {
        code = append(ledger);
        *acknowledged += code == FB_OK ? BATCH : 0;
    }
    if (code != FB_OK && err.hint[0] == 0) {
        _exit(98);
    }
    if (code != FB_OK && ledger && append(ledger) == FB_OK) {
        _exit(97);
    }
    fb_ledger_close(ledger);
    _exit((int)code);
}

static void create(void)
{
    struct fb_ledger_options options = {.signer = &signer};
    enum fb_code code = fb_ledger_create(relayed, &options, &err);
    *acknowledged += code == FB_OK;
    _exit((int)code);
}

static enum fb_code see(void *ctx, const fb_ledger_entry *entry, struct fb_err *e)
{
    char expected[64];
    (void)ctx;
    (void)e;
    snprintf(expected, sizeof(expected), "%d of a batch", (int)(entry->seq % BATCH));
    assert_true(fb_str_is(entry->bytes, expected));
    return FB_OK;
}

/* Verifies all of it as another process finds it; returns the number of entries. */
static uint64_t verify(void)
{
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_report report;
    struct fb_ledger_options reading = {.signer = NULL};
    FB_TEST_OK(fb_ledger_open(direct, &reading, &ledger, &err));
    FB_TEST_OK(fb_ledger_verify(ledger, see, NULL, &report, &err));
    fb_ledger_close(ledger);
    assert_int_equal(report.size % BATCH, 0);
    return report.size;
}

static void go_on(void)
{
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_options options = {.signer = &signer, .busy_ms = WAIT_MS};
    FB_TEST_OK(fb_ledger_open(direct, &options, &ledger, &err));
    FB_TEST_OK(append(ledger));
    fb_ledger_close(ledger);
}

/* Nothing is there. */
static int set_up_test(void **state)
{
    (void)state;
    return !has_postgres() || fb_postgres_tell(&server,
                                  "SET client_min_messages = error; DROP TABLE IF EXISTS"
                                  " flyball_entry, flyball_tile, flyball_meta, flyball_form, kept")
               ? 0
               : -1;
}

static void make(void)
{
    struct fb_ledger *ledger = NULL;
    struct fb_ledger_options options = {.signer = &signer};
    FB_TEST_OK(fb_ledger_create(direct, &options, &err));
    FB_TEST_OK(fb_ledger_open(direct, &options, &ledger, &err));
    for (int i = 0; i < FIRST / BATCH; i++) {
        FB_TEST_OK(append(ledger));
    }
    fb_ledger_close(ledger);
    tell("CREATE TABLE kept AS SELECT * FROM flyball_meta");
}

/* Meets every statement of the process with a fault, and looks at the ledger after each. Returns
 * how often a batch was there that was not acknowledged. */
static size_t meet(enum fault fault, const char *restore)
{
    size_t unknown = 0;
    bool is_cut = true;
    for (size_t at = 0; is_cut && at < MANY; at++) {
        is_cut = run_client(append_batches, "READ WRITE", fault, at);
        uint64_t size = verify(), sure = FIRST + *acknowledged;
        assert_true(size == sure || size == sure + BATCH);
        assert_true(is_cut || size == FIRST + BATCHES * BATCH);
        unknown += size > sure;
        if (size > FIRST || at % 8 == 0) {
            go_on();
            assert_int_equal(verify(), size + BATCH);
            tell(restore);
            assert_int_equal(verify(), FIRST);
        }
    }
    assert_false(is_cut);
    return unknown;
}

static const char back[] = "DELETE FROM flyball_entry WHERE seq >= 252; DELETE FROM flyball_tile;"
                           "DELETE FROM flyball_meta;"
                           "INSERT INTO flyball_meta SELECT * FROM kept;";

static void test_cut_at_each_message(void **state)
{
    (void)state;
    need_postgres();
    make();
    assert_int_equal(meet(UNDELIVERED, back), 0);
    /* A COMMIT that arrived, and whose answer did not: that of each batch. */
    assert_int_equal(meet(UNANSWERED, back), BATCHES);
}

/* The same while the ledger is brought from form 2 to the present one: it has the one or the
 * other, never half of it. */
static void test_cut_in_an_upgrade(void **state)
{
    (void)state;
    char to_old[512];
    need_postgres();
    make();
    snprintf(to_old, sizeof(to_old),
        "%s ALTER TABLE flyball_tile ADD COLUMN IF NOT EXISTS bytes bytea;"
        "UPDATE flyball_form SET version = 2",
        back);
    tell(to_old);
    assert_int_equal(meet(UNANSWERED, to_old), BATCHES);
}

/* A ledger that is being made is there or not, and what is left can be made into one. */
static void test_cut_while_it_is_made(void **state)
{
    (void)state;
    need_postgres();
    for (enum fault fault = UNDELIVERED; fault < FAULTS; fault++) {
        bool is_cut = true;
        for (size_t at = 0; is_cut && at < MANY; at++) {
            assert_int_equal(set_up_test(state), 0);
            is_cut = run_client(create, "BEGIN", fault, at);
            struct fb_ledger_options options = {.signer = &signer};
            enum fb_code code = fb_ledger_create(direct, &options, &err);
            assert_true(code == FB_E_DUPLICATE || (code == FB_OK && *acknowledged == 0));
            assert_int_equal(verify(), 0);
            go_on();
            assert_int_equal(verify(), BATCH);
        }
        assert_false(is_cut);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_cut_at_each_message, set_up_test),
        cmocka_unit_test_setup(test_cut_in_an_upgrade, set_up_test),
        cmocka_unit_test_setup(test_cut_while_it_is_made, set_up_test),
    };
    fb_err_init(&err);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
