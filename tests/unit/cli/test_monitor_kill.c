/*
 * flyball monitor with snapshots, killed at each of its calls to the file system in turn (base/io,
 * fb_cut.h), with and without the power going, and killed again while it goes on: the verdicts in
 * the output file are those of one run, each once.
 */
#include "cli/cli.h"
#include "fb_cut.h"

enum { POINTS = 40, PATH = 300, FILLING = 60000, TEXT = POINTS * (FILLING + 100) };

static struct fb_err err;
static char folder[PATH];
static struct fb_buf wanted; /* what one run gives */

static const char *in_folder(const char *name)
{
    static char paths[8][PATH];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, PATH, "%.200s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    FB_TEST_OK(fb_io_write(in_folder(name), fb_str_of(text), 0644, &err));
}

static bool is_there(const char *name)
{
    return access(in_folder(name), F_OK) == 0;
}

static enum fb_code monitor(const char *const *options)
{
    const char *words[24] = {"monitor", "--sig", in_folder("sig"), "--formula",
        in_folder("formula"), "--log", in_folder("log"), "--output", in_folder("out")};
    int count = 9;
    for (; *options; options++) {
        words[count++] = *options;
    }
    struct fb_cli cli = {.as_of = FB_TIME_MAX, .out = stdout};
    fb_err_init(&err);
    enum fb_code code = fb_cli_parse(&cli, count, words, &err);
    return code ? code : fb_cli_run(&cli, &err);
}

/* A run that saves, from the last snapshot on if there is one. */
static void go(struct fb_cut *cut)
{
    bool on = is_there("state");
    const char *const options[] = {"--save", in_folder("state"), "--save-every", "3", "--watermark",
        "2", on ? "--load" : NULL, in_folder("state"), NULL};
    enum fb_code code = monitor(options);
    if (code != FB_OK) {
        fprintf(stderr, "%s\n", err.message);
    }
    cut->is_done = code == FB_OK;
}

/* The last run: what waits is decided. */
static void finish(struct fb_cut *cut)
{
    const char *const options[] = {"--watermark", "2", "--load", in_folder("state"), NULL};
    cut->is_done = monitor(options) == FB_OK;
}

/* Whoever goes on before there was a snapshot begins again. */
static void go_on(int64_t n)
{
    if (!is_there("state")) {
        (void)unlink(in_folder("out"));
    }
    (void)fb_cut_run(n, go);
}

static void clean(void)
{
    (void)unlink(in_folder("out"));
    (void)unlink(in_folder("state"));
}

static void same_output(int64_t n)
{
    struct fb_buf out;
    fb_buf_init(&out, 1 << 20);
    FB_TEST_OK(fb_io_read(in_folder("out"), &out, &err));
    if (!fb_str_eq(fb_buf_str(&out), fb_buf_str(&wanted))) {
        fail_msg("killed at call %lld:\n%.*s", (long long)n, FB_STR_ARG(fb_buf_str(&out)));
    }
    fb_buf_release(&out);
}

static void test_kill(void **state)
{
    (void)state;
    int64_t n = 0;
    bool done = false;
    for (; !done; n++) {
        assert_true(n < 2000);
        clean();
        done = fb_cut_run(n, go);
        fb_cut_power(4); /* a killed process: nothing is lost */
        go_on(n / 2);
        fb_cut_power(4);
        if (!is_there("state")) {
            (void)unlink(in_folder("out"));
        }
        assert_true(fb_cut_run(-1, go));
        assert_true(fb_cut_run(-1, finish));
        same_output(n);
    }
    printf("# %lld calls to be killed at\n", (long long)n);
    assert_true(n > 25);
}

static void test_power(void **state)
{
    (void)state;
    bool done = false;
    for (int64_t n = 0; !done; n++) {
        clean();
        done = fb_cut_run(n, go);
        fb_cut_power((uint64_t)n);
        if (!is_there("state")) {
            (void)unlink(in_folder("out"));
        }
        assert_true(fb_cut_run(-1, go));
        assert_true(fb_cut_run(-1, finish));
        same_output(n);
    }
}

static int setup(void **state)
{
    (void)state;
    /* The log is read in pieces, and saved between them: nobody reads `z`, which fills them. */
    static char text[TEXT], filling[FILLING + 1];
    size_t used = 0;
    memset(filling, 'z', FILLING);
    fb_err_init(&err);
    snprintf(folder, sizeof(folder), "%s/flyball-kill-XXXXXX", fb_test_quick_folder());
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < POINTS; i++) {
        int late = i % 5 == 3 ? 2 : 0;
        used += (size_t)snprintf(text + used, sizeof(text) - used, "@%d p(%d) p(%d) q(%d)\n",
            10 + i - late, i % 7, i % 3, (i * 5) % 7);
    }
    put("sig", "p(x:int)\nq(x:int)\nz(s:string)\n");
    put("formula", "p(x) AND (ONCE[0,9] q(x)) AND NOT EVENTUALLY[1,3] q(x)\n");
    put("log", text);
    const char *const once[] = {"--watermark", "2", NULL};
    FB_TEST_OK(monitor(once));
    fb_buf_init(&wanted, 1 << 20);
    FB_TEST_OK(fb_io_read(in_folder("out"), &wanted, &err));
    assert_true(wanted.len > 200);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fb_buf_release(&wanted);
    return nftw(folder, fb_cut_remove, 16, FTW_DEPTH | FTW_PHYS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kill), cmocka_unit_test(test_power)};
    return cmocka_run_group_tests_name("monitor, killed", tests, setup, teardown);
}
