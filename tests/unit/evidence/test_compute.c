/* Tests of src/evidence/compute.c, evidence/chips.def, src/ingest/jobs.c and what
 * src/ingest/sacct.c gives besides drafts: exact GPU-seconds, FLOP as intervals, what is not
 * counted, limits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "evidence/compute.h"
#include "fb_test.h"
#include "ingest/jobs.h"

static struct fb_err err;
static struct fb_compute compute;

static const struct fb_compute_options plain = {{0.2, 0.6}, FB_COMPUTE_16_BIT, NULL, 0};

static int set_up(void **state)
{
    (void)state;
    fb_err_init(&err);
    FB_TEST_OK(fb_compute_init(&compute, &plain, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fb_compute_release(&compute);
    return 0;
}

static enum fb_code read_text(const char *text)
{
    struct fb_input input = fb_input_memory(fb_str_of(text), "test");
    return fb_jobs_read_input(&input, fb_compute_add, &compute, &err);
}

static void read_shared(const char *name)
{
    char path[1024];
    const char *shared = getenv("FB_SHARED");
    snprintf(path, sizeof(path), "%s/data/registry/slurm/%s", shared ? shared : "shared", name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        print_message("no %s\n", path);
        skip();
    }
    (void)fclose(file);
    FB_TEST_OK(fb_jobs_read(path, fb_compute_add, &compute, &err));
}

#define HEAD "job,user,account,cluster,started,ended,gpus,chip\n"

static void test_table(void **state)
{
    (void)state;
    double flop[2];
    FB_TEST_OK(read_text("\xef\xbb\xbf" HEAD "1,ann,lab,c,100,200,8,a100\n"
                         "\"2\",\"bob \"\"b\"\"\",lab,c,1970-01-01T00:01:40Z,"
                         "1970-01-01T01:02:00+01:00,4,NVIDIA-A100-SXM4-80GB\n\n"));
    fb_compute_end(&compute);
    assert_int_equal(compute.total.starts, 2);
    assert_int_equal(compute.total.gpu_seconds, 800 + 80);
    assert_int_equal(compute.by[FB_COMPUTE_USER].count, 2);
    assert_true(fb_str_is(compute.by[FB_COMPUTE_USER].entries[1].key, "bob \"b\""));
    assert_int_equal(compute.by[FB_COMPUTE_ACCOUNT].count, 1);
    fb_compute_sum_flop(&plain, &compute.total, flop);
    assert_true(fabs(flop[0] - 880 * 312e12 * 0.2) <= 1e6);
    assert_true(fabs(flop[1] - 880 * 312e12 * 0.6) <= 1e6);
}

/* Each is refused with its code and line, and a word of its message. */
static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fb_code code;
        uint32_t line;
        const char *word;
    } cases[] = {{"", FB_E_FORMAT, 0, "empty"}, {"a,b\n", FB_E_FORMAT, 1, "'job'"},
        {"job,started,ended\n", FB_E_FORMAT, 1, "'gpus'"},
        {HEAD "1,a,b,c,100,200,8\n", FB_E_SYNTAX, 2, "7 fields"},
        {HEAD "1,a,b,c,100,200,8,a100,9\n", FB_E_SYNTAX, 2, "9 fields"},
        {HEAD "1,a,b,c,100,200,8,\"a100\n", FB_E_SYNTAX, 2, "quotes"},
        {HEAD "1,a,b,c,100,200,8,a100\n,a,b,c,100,200,8,a100\n", FB_E_SCHEMA, 3, "no job"},
        {HEAD "1,a,b,c,200,100,8,a100\n", FB_E_TIME, 2, "before it starts"},
        {HEAD "1,a,b,c,noon,100,8,a100\n", FB_E_TIME, 2, ""},
        {HEAD "1,a,b,c,1970-01-01T00:01:40.5Z,200,8,a100\n", FB_E_TIME, 2, "whole second"},
        {HEAD "1,a,b,c,100,253402300800,8,a100\n", FB_E_TIME, 2, "9999"},
        {HEAD "1,a,b,c,2026-11-23T16:12:09,200,8,a100\n", FB_E_TIME, 2, ""},
        {HEAD "1,a,b,c,100,200,10000001,a100\n", FB_E_RANGE, 2, "number of GPUs"},
        {HEAD "1,a,b,c,100,200,-1,a100\n", FB_E_RANGE, 2, "number of GPUs"},
        {HEAD "1,a,b,c,100,200,0.5,a100\n", FB_E_RANGE, 2, "number of GPUs"},
        {HEAD "1,\xff,b,c,100,200,8,a100\n", FB_E_UTF8, 2, "UTF-8"},
        {"JobID|Start|End|AllocTRES\n1|100|200|gres/gpu=x\n", FB_E_RANGE, 2, "'x'"},
        {"job,started,ended,gpus,GPUs\n1,100,200,8,9\n", FB_E_DUPLICATE, 1, "stands twice"},
        {"job;started;ended;gpus\n", FB_E_FORMAT, 1, "nor commas"},
        {"JobID|JobName|Start|End|AllocTRES\n7|a|b|1|2|\n", FB_E_SYNTAX, 2, "has 6 fields"},
        {"job,started,ended,gpus\n1,1772366400000,1772370000000,8\n", FB_E_TIME, 2, "9999"},
        {"JobID|Start|End|AllocTRES\n1.0|100|200|gres/gpu=1\n1.1|1|2|\n", FB_E_SCHEMA, 3, "steps"},
        {"JobID|Start|End|AllocTRES\n1|1|2|gres/gpu:a=9999999,gres/gpu:b=2\n", FB_E_RANGE, 2, ""},
        {"JobID|Start|End|AllocTRES\n1|1|2|gres/gpu:a=1,gres/gpu:b=1,gres/gpu:c=1,gres/gpu:d=1,"
         "gres/gpu:e=1,gres/gpu:f=1,gres/gpu:g=1,gres/gpu:h=1,gres/gpu:i=1\n",
            FB_E_LIMIT, 2, "types of GPU"},
        {"{\"a\":1}", FB_E_SCHEMA, 1, "must have jobs"}, {"[]", FB_E_SCHEMA, 1, "object"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fb_err_init(&err);
        assert_int_equal(read_text(cases[i].text), cases[i].code);
        assert_int_equal(err.line, cases[i].line);
        assert_non_null(strstr(err.message, cases[i].word));
        assert_string_equal(err.file, "test");
    }
}

static void test_wide(void **state)
{
    (void)state;
    char text[2048];
    memset(text, ',', sizeof(text));
    text[600] = 0;
    assert_int_equal(read_text(text), FB_E_LIMIT);
}

/* The real account: 13 starts, with the requeued job twice, and none of the steps. */
static void test_slurm(void **state)
{
    (void)state;
    read_shared("sacct.json");
    fb_compute_end(&compute);
    assert_int_equal(compute.total.starts, 13);
    assert_int_equal(
        compute.total.gpu_seconds, 16 + 16 + 20 + 24 + 1 + 2 + 24 + 71 + 12 + 24 + 24 + 48 + 32);
    assert_int_equal(compute.total.unrated_gpu_seconds, 314);
    assert_int_equal(compute.gaps[FB_COMPUTE_NO_CHIP].starts, 13);
    /* The same account from another file is the same use. */
    read_shared("sacct-dup.json");
    assert_int_equal(compute.total.gpu_seconds, 314);
    assert_int_equal(compute.gaps[FB_COMPUTE_REPEATED].starts, 13);
}

static void test_slurm_text(void **state)
{
    (void)state;
    read_shared("sacct-all.psv");
    fb_compute_end(&compute);
    assert_int_equal(compute.total.gpu_seconds, 314);
    assert_int_equal(compute.total.starts, 13);
}

/* What squeue prints: the jobs of the same cluster that it still knew, of which one runs and one
 * waits. */
static void test_squeue(void **state)
{
    (void)state;
    read_shared("squeue.json");
    fb_compute_end(&compute);
    assert_int_equal(compute.total.starts, 8);
    assert_int_equal(compute.total.gpu_seconds, 16 + 20 + 24 + 1 + 2 + 24 + 24 + 24);
    assert_int_equal(compute.gaps[FB_COMPUTE_NOT_ENDED].starts, 1);
    assert_int_equal(compute.gaps[FB_COMPUTE_NOT_STARTED].starts, 1);
    /* The account of sacct adds what it had not. */
    read_shared("sacct.json");
    assert_int_equal(compute.total.gpu_seconds, 314);
    assert_int_equal(compute.gaps[FB_COMPUTE_REPEATED].starts, 8);
}

/* One job of 8 GPUs for 100 seconds, as versions of Slurm write it. */
static void test_versions(void **state)
{
    (void)state;
#define START "{\"jobs\":[{\"job_id\":7,\"cluster\":\"c\",\"user\":\"u\","
#define END "}]}"
#define TIMES "\"time\":{\"elapsed\":100,\"end\":200,\"start\":100},"
#define NUMBER(n) "{\"set\":true,\"infinite\":false,\"number\":" n "}"
    static const char *const texts[] = {/* 21.08 and 22.05 */
        START TIMES
        "\"state\":{\"current\":\"COMPLETED\",\"reason\":\"None\"},\"tres\":{"
        "\"requested\":[{\"type\":\"gres\",\"name\":\"gpu\",\"id\":1001,\"count\":9}],"
        "\"allocated\":[{\"type\":\"cpu\",\"name\":null,\"id\":1,\"count\":1},{\"type\":"
        "\"gres\",\"name\":\"gpu\",\"id\":1001,\"count\":8}]}" END,
        /* 23.02: limits as objects */
        START "\"time\":{\"elapsed\":100,\"end\":200,\"start\":100,\"limit\":" NUMBER(
            "5") "},"
                 "\"array\":{\"job_id\":0,\"task_id\":{\"set\":false,\"infinite\":false,"
                 "\"number\":0}},\"state\":{\"current\":\"COMPLETED\",\"reason\":\"None\"},"
                 "\"tres\":{"
                 "\"allocated\":[{\"type\":\"gres\",\"name\":\"gpu\",\"id\":1001,\"count\":8},"
                 "{\"type\":\"gres\",\"name\":\"gpu:h100\",\"id\":1002,\"count\":8}]}" END,
        /* 23.11 and later: states as lists */
        START TIMES
        "\"state\":{\"current\":[\"COMPLETED\"],\"reason\":\"None\"},\"tres\":{"
        "\"allocated\":[{\"count\":8,\"id\":1001,\"name\":\"gpu\",\"type\":\"gres\"}]}" END,
        /* 24.05: numbers as objects */
        START "\"time\":{\"start\":" NUMBER("100") ",\"end\":" NUMBER("200") ",\"elapsed\":" NUMBER(
            "100") "},\"state\":{\"current\":[\"COMPLETED\",\"REQUEUED\"]},\"tres\":{"
                   "\"allocated\":[{\"type\":\"gres\",\"name\":\"gpu:h100\",\"count\":" NUMBER(
                       "8") "}]}" END,
        /* Allocations in one line, numbers as text, the slash in the type. */
        START "\"time\":{\"start\":\"100\",\"end\":\"200\",\"elapsed\":\"100\"},\"state\":"
              "\"COMPLETED\",\"tres\":{\"allocated\":\"cpu=1,gres/gpu=8\"}" END,
        START TIMES "\"state\":[\"COMPLETED\"],\"tres\":\"gres/gpu:h100=8\"" END,
        START TIMES "\"state\":{\"current\":[\"COMPLETED\"]},\"tres\":{\"allocated\":["
                    "{\"type\":\"gres/gpu\",\"name\":\"\",\"count\":8}]}" END,
        START TIMES "\"state\":{\"current\":[\"COMPLETED\"]},\"tres\":{\"allocated\":["
                    "{\"type\":\"gres/gpu:h100\",\"name\":null,\"count\":8}]}" END,
        /* squeue of 23.02 and later */
        "{\"jobs\":[{\"job_id\":7,\"cluster\":\"c\",\"user_name\":\"u\",\"job_state\":["
        "\"COMPLETED\"],\"start_time\":" NUMBER("100") ",\"end_time\":" NUMBER(
            "200") ","
                   "\"tres_alloc_str\":\"cpu=1,node=1,gres/gpu=8\"}]}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        fb_compute_release(&compute);
        FB_TEST_OK(fb_compute_init(&compute, &plain, &err));
        FB_TEST_OK(read_text(texts[i]));
        fb_compute_end(&compute);
        assert_int_equal(compute.total.starts, 1);
        assert_int_equal(compute.total.gpu_seconds, 800);
        assert_true(fb_str_is(compute.by[FB_COMPUTE_USER].entries[0].key, "u"));
    }
#undef START
#undef END
#undef TIMES
#undef NUMBER
}

static void test_uncounted(void **state)
{
    (void)state;
    FB_TEST_OK(read_text("JobID|Cluster|State|Start|End|AllocTRES\n"
                         "1|c|COMPLETED|100|200|cpu=1,gres/gpu=2,gres/gpu:a100=2\n"
                         "1.batch|c|COMPLETED|100|200|cpu=1,gres/gpu=2\n"
                         "2|c|COMPLETED|100|200|cpu=1\n"
                         "3|d|COMPLETED|100|200|cpu=1\n"
                         "4|c|RUNNING|100|Unknown|cpu=1,gres/gpu=2\n"
                         "5|c|PENDING|Unknown|Unknown|\n"
                         "6|c|CANCELLED by 0|None|100|\n"
                         "7|c|COMPLETED|Unknown|100|cpu=1,gres/gpu=2\n"
                         "8|c|COMPLETED|100|200|\n"
                         "1|c|COMPLETED|100|200|cpu=1,gres/gpu:a100=2\n"
                         "1|c|COMPLETED|100|300|cpu=1,gres/gpu:a100=2\n"
                         "1|c|COMPLETED|400|500|cpu=1,gres/gpu:mystery=1\n"
                         "9|c|COMPLETED|400|500|gres/gpu=1,gres/gpu:a100=2\n"
                         "10|c|COMPLETED|400|500|gres/gpu=3,gres/gpu:a100=2\n"));
    fb_compute_end(&compute);
    static const uint64_t want[FB_COMPUTE_REASONS] = {[FB_COMPUTE_NO_CHIP] = 3,
        [FB_COMPUTE_NO_GPUS] = 2,
        [FB_COMPUTE_NOT_ENDED] = 1,
        [FB_COMPUTE_NO_TIMES] = 1,
        [FB_COMPUTE_CONTRADICTS] = 1,
        [FB_COMPUTE_CPU_ONLY] = 1,
        [FB_COMPUTE_NOT_STARTED] = 2,
        [FB_COMPUTE_REPEATED] = 1};
    for (int i = 0; i < FB_COMPUTE_REASONS; i++) {
        assert_int_equal(compute.gaps[i].starts, want[i]);
        assert_non_null(fb_compute_reason_text((enum fb_compute_reason)i));
    }
    assert_true(fb_str_is(compute.gaps[FB_COMPUTE_CONTRADICTS].shown[0], "c/1"));
    assert_int_equal(compute.total.gpu_seconds, 200 + 100 + 100 + 300);
    assert_int_equal(compute.total.unrated_gpu_seconds, 100 + 100 + 100);
}

/* Shares of a GPU (shard, MPS) are no GPUs, and no lack of them. */
static void test_shares(void **state)
{
    (void)state;
    FB_TEST_OK(read_text("JobID|Cluster|State|Start|End|AllocTRES\n"
                         "1|c|COMPLETED|100|200|cpu=1,gres/gpu=2\n"
                         "2|c|COMPLETED|100|200|cpu=1,gres/shard=4\n"
                         "3|c|COMPLETED|100|200|cpu=1,gres/mps:a100=50\n"
                         "4|c|COMPLETED|100|200|cpu=1,gres/shard=4,gres/gpu=1\n"
                         "5|c|COMPLETED|100|200|cpu=1,gres/mpsx=50\n"));
    FB_TEST_OK(read_text("{\"jobs\":[{\"cluster\":\"c\",\"job_id\":6,\"state\":{\"current\":["
                         "\"COMPLETED\"]},\"time\":{\"start\":100,\"end\":200,\"elapsed\":100},"
                         "\"tres\":{\"allocated\":[{\"type\":\"cpu\",\"name\":\"\",\"count\":1},"
                         "{\"type\":\"gres\",\"name\":\"shard:a100\",\"count\":2}]}},"
                         "{\"cluster\":\"c\",\"job_id\":7,\"state\":{\"current\":[\"COMPLETED\"]},"
                         "\"time\":{\"start\":100,\"end\":200,\"elapsed\":100},\"tres\":{"
                         "\"allocated\":[{\"type\":\"cpu\",\"name\":\"\",\"count\":1}]}}]}"));
    fb_compute_end(&compute);
    assert_int_equal(compute.gaps[FB_COMPUTE_NO_GPUS].starts, 3);
    assert_int_equal(compute.gaps[FB_COMPUTE_CPU_ONLY].starts, 2);
    assert_int_equal(compute.total.gpu_seconds, 300);
}

/* Clocks went back during job 1, and job 2 was suspended while it held its GPUs. */
static void test_zoneless(void **state)
{
    (void)state;
    FB_TEST_OK(read_text("JobID|Start|End|ElapsedRaw|Suspended|AllocTRES\n"
                         "1|2026-10-25T02:30:00|2026-10-25T02:40:00|4200|00:00:00|gres/gpu=1\n"
                         "2|2026-10-26T00:00:00|2026-10-26T01:00:00|600|00:50:00|gres/gpu=1\n"));
    assert_int_equal(compute.total.gpu_seconds, 4200 + 3600);
}

static void test_chips(void **state)
{
    (void)state;
    static const struct {
        const char *name, *key;
    } cases[] = {{"h100", "h100"}, {"NVIDIA H100 80GB HBM3", "h100"},
        {"nvidia_h100_pcie", "h100pcie"}, {"H100-SXM5-80GB", "h100sxm"}, {"h200", "h200"},
        {"h20", "h20"}, {"l4", "l4"}, {"l40", "l40"}, {"l40s", "l40s"}, {"tesla_v100", "v100"},
        {"Tesla V100-SXM2-32GB", "v100"}, {"AMD Instinct MI300X", "mi300x"}, {"tpu-v5p", "tpuv5p"},
        {"a100_3g.20gb", NULL}, {"1g.5gb", NULL}, {"a1000", NULL}, {"rtx4090", NULL}, {"", NULL},
        {"h100x", NULL}, {"mi250x", "mi250x"}, {"mi250", "mi250"}, {"a100-40gb", "a100"},
        {"h100 80", NULL}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct fb_chip *chip = fb_chip_find(fb_str_of(cases[i].name));
        assert_true(!chip == !cases[i].key);
        assert_true(!chip || strcmp(chip->key, cases[i].key) == 0);
    }
    size_t count = 0;
    const struct fb_chip *chips = fb_chips(&count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(fb_chip_find(fb_str_of(chips[i].key)), &chips[i]);
        assert_true(chips[i].low <= chips[i].high && chips[i].low * 2 > chips[i].high);
        assert_true(chips[i].high8 == 0 || chips[i].high8 >= chips[i].high);
    }
}

static void test_formats(void **state)
{
    (void)state;
    const struct fb_chip *chip = fb_chip_find(FB_STR("h100"));
    struct fb_compute_options options = {{0.5, 1}, FB_COMPUTE_EITHER, NULL, 0};
    double flop[2];
    fb_compute_flop(&options, chip, 10, flop);
    assert_true(fabs(flop[0] - 10 * 756e12 * 0.5) <= 1);
    assert_true(fabs(flop[1] - 10 * 1979e12) <= 1);
    options.format = FB_COMPUTE_16_BIT;
    fb_compute_flop(&options, chip, 10, flop);
    assert_true(fabs(flop[1] - 10 * 989.5e12) <= 1);
    options.format = FB_COMPUTE_8_BIT;
    fb_compute_flop(&options, chip, 10, flop);
    assert_true(fabs(flop[0] - 10 * 1512e12 * 0.5) <= 100);
}

static void test_standing(void **state)
{
    (void)state;
    /* 1e6 A100-seconds: 6.24e19 to 1.872e20. */
    FB_TEST_OK(read_text(HEAD "1,a,b,c,100,1100,1000,a100\n"));
    const struct {
        struct fb_decimal threshold;
        enum fb_compute_standing standing;
    } cases[] = {{{624, 17}, FB_COMPUTE_CROSSED}, {{6240001, 13}, FB_COMPUTE_NOT_RULED_OUT},
        {{1872, 17}, FB_COMPUTE_NOT_RULED_OUT}, {{18720001, 13}, FB_COMPUTE_RULED_OUT}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(fb_compute_standing(&compute, cases[i].threshold), cases[i].standing);
    }
    /* One job that still runs, and nothing is ruled out any more. */
    FB_TEST_OK(read_text(HEAD "2,a,b,c,100,,1,a100\n"));
    assert_int_equal(fb_compute_standing(&compute, cases[3].threshold), FB_COMPUTE_NOT_RULED_OUT);
    assert_int_equal(fb_compute_standing(&compute, cases[0].threshold), FB_COMPUTE_CROSSED);
    assert_string_equal(fb_compute_standing_name(FB_COMPUTE_RULED_OUT), "ruled out");
}

static void test_limits(void **state)
{
    (void)state;
    char id[32];
    compute.seen.max = 10000;
    struct fb_job job = {.said = FB_JOB_GPUS_SAID, .start = 1, .end = 1};
    enum fb_code code = FB_OK;
    int i = 0;
    for (; code == FB_OK && i < 20000; i++) {
        snprintf(id, sizeof(id), "%d", i);
        job.id = fb_str_of(id);
        code = fb_compute_add(&compute, &job, &err);
    }
    assert_int_equal(code, FB_E_LIMIT);
    assert_int_equal(i, 10001);
    compute.seen.max = FB_COMPUTE_STARTS_MAX;
    /* Four of the longest and largest are more than the sum can hold. */
    fb_err_init(&err);
    job = (struct fb_job){.said = FB_JOB_GPUS_SAID, .end = INT64_C(253402300799)};
    FB_TEST_OK(fb_job_add_gpus(&job, (struct fb_job_part){FB_STR("a100"), FB_JOB_GPUS_MAX}, &err));
    for (job.start = 1; job.start < 4; job.start++) {
        FB_TEST_OK(fb_compute_add(&compute, &job, &err));
    }
    assert_int_equal(fb_compute_add(&compute, &job, &err), FB_E_RANGE);
    /* Names of accounts. */
    fb_err_init(&err);
    job = (struct fb_job){.id = FB_STR("1"), .said = FB_JOB_GPUS_SAID};
    for (code = FB_OK, i = 0; code == FB_OK && i <= FB_COMPUTE_GROUPS_MAX; i++) {
        snprintf(id, sizeof(id), "u%d", i);
        job.user = fb_str_of(id);
        job.start = job.end = i + 1;
        code = fb_compute_add(&compute, &job, &err);
    }
    assert_int_equal(code, FB_E_LIMIT);
}

/* A long id is cut between characters, since JSON shows it. */
static void test_long_id(void **state)
{
    (void)state;
    char id[600];
    for (size_t i = 0; i < 198; i++) {
        memcpy(id + 3 * i, "\xe2\x82\xac", 3);
    }
    struct fb_job job = {.id = {id, 594}, .said = FB_JOB_GPUS_SAID, .start = 1};
    FB_TEST_OK(fb_compute_add(&compute, &job, &err));
    assert_int_equal(compute.gaps[FB_COMPUTE_NOT_ENDED].shown[0].len, 255);
    assert_true(fb_str_utf8(compute.gaps[FB_COMPUTE_NOT_ENDED].shown[0], NULL));
}

/* Whichever allocation fails, the failure comes back. */
static void test_no_memory(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 40; n++) {
        fb_alloc_fail_at(n);
        struct fb_compute small;
        enum fb_code code = fb_compute_init(&small, &plain, &err);
        struct fb_input input =
            fb_input_memory(FB_STR(HEAD "1,ann,lab,c,100,200,8,a100\n"), "test");
        code = code ? code : fb_jobs_read_input(&input, fb_compute_add, &small, &err);
        bool asked = fb_alloc_count() > n;
        fb_alloc_fail_at(-1);
        assert_int_equal(code, asked ? FB_E_NOMEM : FB_OK);
        fb_compute_release(&small);
        fb_err_init(&err);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_table), TEST(test_refused), TEST(test_wide),
        TEST(test_slurm), TEST(test_slurm_text), TEST(test_squeue), TEST(test_versions),
        TEST(test_uncounted), TEST(test_shares), TEST(test_zoneless), TEST(test_chips),
        TEST(test_formats), TEST(test_standing), TEST(test_limits), TEST(test_long_id),
        TEST(test_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
