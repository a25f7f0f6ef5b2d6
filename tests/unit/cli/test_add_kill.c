/*
 * flyball add of several files in one call, killed at each of its calls to the file system in turn,
 * its own (base/io, fb_cut.h) and SQLite's (power_cut.h), with and without the power going: what it
 * printed as added is there, of each file all or nothing is, the ledger verifies whole, and the
 * same call can be made again for what is missing.
 */
#include "../ledger/power_cut.h"
#include "cli/cli.h"
#include "fb_cut.h"

enum { PATH = 300, FILES = 3, IDS = 4, CALLS_MAX = 400, DOCKET_ROUNDS = 8 };

static struct fb_err err;
static char folder[PATH];
static const struct power_cut *plan; /* of SQLite's files; NULL: nothing happens to them */
static char ids[IDS][80];            /* of the records that the files hold, in their order */
static const int file_of[IDS] = {0, 1, 1, 2};
static int round_number, said_count;

static const char *in_folder(const char *name)
{
    static char paths[16][PATH];
    static unsigned next;
    char *path = paths[next++ % 16];
    snprintf(path, PATH, "%.200s/%s", folder, name);
    return path;
}

/* Runs a command; what it prints goes to the file "out". */
static enum fb_code run(int count, const char *const *given)
{
    const char *words[24];
    assert_true(count <= 24);
    memcpy(words, given, (size_t)count * sizeof(words[0]));
    FILE *out = fopen(in_folder("out"), "we");
    assert_non_null(out);
    setvbuf(out, NULL, _IONBF, 0); /* what was said before the kill was said */
    struct fb_cli cli = {.as_of = FB_TIME_MAX, .out = out};
    fb_err_init(&err);
    enum fb_code code = fb_cli_parse(&cli, count, words, &err);
    code = code ? code : fb_cli_run(&cli, &err);
    (void)fclose(out);
    return code;
}

#define RUN(...)                                                                                   \
    run((int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)),                       \
        (const char *[]){__VA_ARGS__})

/* With the docket and a time for what it does; each is later than those before. */
#define FLYBALL(...)                                                                               \
    RUN("--docket", in_folder("docket"), "--clock", "2027-01-01T00:00:00Z", __VA_ARGS__)

static enum fb_code add_files(void)
{
    return FLYBALL(
        "add", "--as", "dev", in_folder("a.json"), in_folder("b.json"), in_folder("c.fly"));
}

static void put(const char *name, const char *text)
{
    FB_TEST_OK(fb_io_write(in_folder(name), fb_str_of(text), 0644, &err));
}

static void make_docket(void)
{
    FB_TEST_OK(RUN("init", "--simulated", "--clock", "2026-01-01T00:00:00Z", "--party", "office",
        "--role", "regulator", in_folder("docket")));
    FB_TEST_OK(FLYBALL("party", "dev", "--title", "Dev", "--role", "developer"));
}

static void remove_folder(const char *path)
{
    assert_int_equal(nftw(path, fb_cut_remove, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Three files with four records that the docket does not have. It is a new one now and then: each
 * command reads all that it holds. */
static void write_files(void)
{
    static const char system[] = "{\"kind\": \"system\", \"id\": \"%s\", \"body\": {\"title\": "
                                 "\"T\", \"developer\": \"party/dev\"}}";
    char text[1000];
    int n = round_number++;
    size_t used = 0;
    if (n > 0 && n % DOCKET_ROUNDS == 0) {
        remove_folder(in_folder("docket"));
        make_docket();
    }
    for (int i = 0; i < 3; i++) {
        snprintf(ids[i], sizeof(ids[i]), "system/s%d-%d", n, i);
    }
    snprintf(ids[3], sizeof(ids[3]), "policy/p%d@1", n);
    snprintf(text, sizeof(text), system, ids[0]);
    put("a.json", text);
    used = (size_t)snprintf(text, sizeof(text), "[");
    used += (size_t)snprintf(text + used, sizeof(text) - used, system, ids[1]);
    used += (size_t)snprintf(text + used, sizeof(text) - used, ",");
    used += (size_t)snprintf(text + used, sizeof(text) - used, system, ids[2]);
    snprintf(text + used, sizeof(text) - used, "]");
    put("b.json", text);
    snprintf(text, sizeof(text),
        "policy \"p%d\"\n  title \"T\"\n  source \"test\"\n  version 1\n\nduty tell(S, I)\n"
        "  when incident I of system S with class C, known to P\n  party P\n"
        "  must report I to \"office\"\n  within 15 days\n",
        n);
    put("c.fly", text);
}

static void add_in_child(struct fb_cut *cut)
{
    if (plan) {
        power_cut_install(plan);
    }
    cut->is_done = add_files() == FB_OK;
    cut->is_done = cut->is_done && (!plan || power_cut_count() <= plan->at);
    if (plan) {
        power_cut_now();
    }
}

/* True when the record is in the docket. */
static bool is_there(const char *id)
{
    enum fb_code code = FLYBALL("show", id);
    assert_true(code == FB_OK || code == FB_E_NOT_FOUND);
    return code == FB_OK;
}

/* What the killed call had said. */
static void read_said(struct fb_buf *out)
{
    fb_buf_init(out, 1 << 16);
    FB_TEST_OK(fb_io_read(in_folder("out"), out, &err));
}

static void check_docket(int64_t n)
{
    struct fb_buf said;
    bool there[IDS];
    read_said(&said);
    for (int i = 0; i < IDS; i++) {
        there[i] = is_there(ids[i]);
        bool was_said = said.len && memmem(said.ptr, said.len, ids[i], strlen(ids[i])) != NULL;
        said_count += was_said;
        if (was_said && !there[i]) {
            fail_msg("killed at call %lld: %s was said to be added", (long long)n, ids[i]);
        }
        if (i > 0 && there[i] != there[i - 1]) { /* files in order, each whole */
            assert_true(there[i - 1] && file_of[i] != file_of[i - 1]);
        }
    }
    fb_buf_release(&said);
    FB_TEST_OK(FLYBALL("log", "verify", "--full"));
    const char *const paths[FILES] = {in_folder("a.json"), in_folder("b.json"), in_folder("c.fly")};
    for (int i = 0; i < IDS; i++) {
        if (!there[i] && (i == 0 || file_of[i] != file_of[i - 1])) {
            FB_TEST_OK(FLYBALL("add", "--as", "dev", paths[file_of[i]]));
        }
    }
    for (int i = 0; i < IDS; i++) {
        assert_true(is_there(ids[i]));
    }
}

static void test_own_files(void **state)
{
    (void)state;
    plan = NULL;
    said_count = 0;
    for (uint64_t seed = 0; seed < 5; seed += 4) { /* 0: what was not synced is lost; 4: kept */
        int64_t n = 0;
        for (bool is_done = false; !is_done; n++) {
            assert_true(n < CALLS_MAX);
            write_files();
            is_done = fb_cut_run(n, add_in_child);
            fb_cut_power(seed);
            check_docket(n);
        }
        printf("# %lld calls to be killed at, %d records said\n", (long long)n, said_count);
        assert_true(n > 10 && said_count > n);
    }
}

static void test_files_of_the_ledger(void **state)
{
    static const enum power_cut_what kinds[] = {POWER_CUT_KILL, POWER_CUT_OFF};
    (void)state;
    for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
        struct power_cut at = {.what = kinds[kind], .seed = 3};
        for (bool is_done = false; !is_done; at.at++) {
            assert_true(at.at < CALLS_MAX);
            plan = &at;
            write_files();
            is_done = fb_cut_run(INT32_MAX, add_in_child);
            fb_cut_power(0);
            plan = NULL;
            check_docket(at.at);
        }
        printf("# %lld calls to be killed at\n", (long long)at.at);
        assert_true(at.at > 10);
    }
}

static int setup(void **state)
{
    (void)state;
    fb_err_init(&err);
    snprintf(folder, sizeof(folder), "%s/flyball-add-XXXXXX", fb_test_quick_folder());
    assert_non_null(mkdtemp(folder));
    make_docket();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    remove_folder(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_files),
        cmocka_unit_test(test_files_of_the_ledger),
    };
    return cmocka_run_group_tests_name("add, killed", tests, setup, teardown);
}
