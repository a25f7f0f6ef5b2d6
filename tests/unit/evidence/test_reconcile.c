/* Tests of src/ingest/telemetry.c, src/evidence/reconcile.c, hosts.c and src/report/leads.c:
 * samples of every format, hosts, what does not agree. */
#include <math.h>

#include "base/alloc.h"
#include "evidence/reconcile.h"
#include "fb_refused.h"
#include "report/leads.h"

static struct fb_err err;
static struct fb_reconcile reconcile;

static const struct fb_reconcile_options plain = {3600, 300, 0, 0, true, false};

static int set_up(void **state)
{
    (void)state;
    fb_err_init(&err);
    fb_reconcile_init(&reconcile, &plain);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fb_reconcile_release(&reconcile);
    return 0;
}

/* What the last samples said. */
static struct fb_telemetry_sample seen[16];
static char hosts[16][64], gpus[16][64];
static size_t seen_count;

static enum fb_code see(void *ctx, const struct fb_telemetry_sample *sample, struct fb_err *e)
{
    (void)ctx;
    (void)e;
    if (seen_count < 16) {
        seen[seen_count] = *sample;
        snprintf(hosts[seen_count], 64, "%.*s", FB_STR_ARG(sample->host));
        snprintf(gpus[seen_count++], 64, "%.*s", FB_STR_ARG(sample->gpu));
    }
    return FB_OK;
}

static enum fb_code read_text(const char *text, fb_telemetry_sink sink, fb_time at)
{
    struct fb_input input = fb_input_memory(fb_str_of(text), "t");
    const struct fb_telemetry_options options = {sink, &reconcile, at, FB_STR("lone")};
    seen_count = 0;
    return fb_telemetry_read_input(&input, &options, &err);
}

static void check(size_t i, const char *host, const char *gpu, double value, int64_t seconds)
{
    assert_true(i < seen_count);
    assert_string_equal(hosts[i], host);
    assert_string_equal(gpus[i], gpu);
    assert_true(fabs(seen[i].value - value) < 1e-9);
    assert_int_equal(seen[i].at / FB_SECOND, seconds);
}

static void test_formats(void **state)
{
    (void)state;
    FB_TEST_OK(
        read_text("# HELP DCGM_FI_DEV_GPU_UTIL use\n"
                  "DCGM_FI_DEV_GPU_UTIL{gpu=\"3\",instance=\"n:9400\",Hostname=\"gpu-01\"} 50 "
                  "1700000000000\n"
                  "DCGM_FI_DEV_POWER_USAGE{UUID=\"GPU-a\\\"b\"} 612.5 1700000000.5\n"
                  "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{gpu=\"0\"} NaN 1700000000\n"
                  "go_goroutines 7\nnvidia_smi_utilization_gpu_ratio{uuid=\"x\"} 0.25 "
                  "1700000001 # {trace=\"1\"} 2\n# EOF\n",
            see, FB_TIME_MIN));
    assert_int_equal(seen_count, 3);
    check(0, "gpu-01", "3", 0.5, 1700000000);
    check(1, "lone", "GPU-a\"b", 612.5, 1700000000);
    check(2, "lone", "x", 0.25, 1700000001);
    FB_TEST_OK(read_text("DCGM_FI_DEV_GPU_UTIL 10\n", see, 5 * FB_SECOND));
    check(0, "lone", "", 0.1, 5);
    FB_TEST_OK(
        read_text("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":["
                  "{\"metric\":{\"__name__\":\"DCGM_FI_DEV_GPU_UTIL\",\"gpu\":\"1\",\"instance\":"
                  "\"h2:9400\"},\"values\":[[1700000000,\"80\"],[1700000030.5,\"+Inf\"],"
                  "[1700000060,\"81\"]]},{\"metric\":{\"__name__\":\"up\"},\"values\":[]}]}}",
            see, FB_TIME_MIN));
    assert_int_equal(seen_count, 2);
    check(0, "h2", "1", 0.8, 1700000000);
    check(1, "h2", "1", 0.81, 1700000060);
    FB_TEST_OK(read_text("timestamp, index, utilization.gpu [%], power.draw [W]\n"
                         "2023/11/14 22:13:20.000, 0, 87 %, 350.12 W\n"
                         "2023-11-14T22:13:21Z, 1, [N/A], 10 W\n",
        see, FB_TIME_MIN));
    assert_int_equal(seen_count, 3);
    check(0, "lone", "0", 0.87, 1700000000);
    check(1, "lone", "0", 350.12, 1700000000);
    check(2, "lone", "1", 10, 1700000001);
}

/* What the text formats allow and exporters do: blanks between the parts of a line, names in
 * quotes, addresses of IPv6, slices of a GPU, values that DCGM does not know. */
static void test_spellings(void **state)
{
    (void)state;
    FB_TEST_OK(
        read_text("  # HELP x y\n"
                  " DCGM_FI_DEV_GPU_UTIL { gpu = \"0\" ,\tHostname=\"a\", } 10 1700000000\n"
                  "{\"other.metric\", x=\"1\"} 1\n"
                  "{ \"DCGM_FI_DEV_GPU_UTIL\" , \"gpu\"=\"1\",Hostname=\"a\"} 20 1700000000\n"
                  "DCGM_FI_DEV_GPU_UTIL{gpu=\"2\",instance=\"[2001:db8::1]:9400\"} 30 1700000000\n"
                  "DCGM_FI_DEV_GPU_UTIL{gpu=\"2\",instance=\"2001:db8::2\"} 40 1700000000\n",
            see, FB_TIME_MIN));
    assert_int_equal(seen_count, 4);
    check(0, "a", "0", 0.1, 1700000000);
    check(1, "a", "1", 0.2, 1700000000);
    check(2, "2001:db8::1", "2", 0.3, 1700000000);
    check(3, "2001:db8::2", "2", 0.4, 1700000000);
    FB_TEST_OK(read_text("DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu=\"0\",GPU_I_ID=\"7\"} 0.5 1700000000\n"
                         "DCGM_FI_PROF_GR_ENGINE_ACTIVE{GPU_I_ID=\"8\",gpu=\"0\"} 1 1700000000\n"
                         "DCGM_FI_DEV_POWER_USAGE{gpu=\"0\",GPU_I_ID=\"7\"} 300 1700000000\n"
                         "DCGM_FI_DEV_GPU_UTIL{gpu=\"1\",GPU_I_ID=\"\"} 100 1700000000\n",
        see, FB_TIME_MIN));
    assert_int_equal(seen_count, 4);
    check(0, "lone", "0/7", 0.5, 1700000000);
    check(1, "lone", "0/8", 1, 1700000000);
    check(2, "lone", "0", 300, 1700000000);
    check(3, "lone", "1", 1, 1700000000);
    FB_TEST_OK(read_text("{\"data\":{\"result\":[{\"metric\":{\"__name__\":"
                         "\"DCGM_FI_PROF_GR_ENGINE_ACTIVE\",\"GPU_I_ID\":\"3\",\"gpu\":\"1\"},"
                         "\"values\":[[1700000000,\"1\"]]}]}}",
        see, FB_TIME_MIN));
    check(0, "lone", "1/3", 1, 1700000000);
    FB_TEST_OK(read_text("DCGM_FI_DEV_GPU_UTIL 9223372036854775794 1700000000\n"
                         "DCGM_FI_DEV_GPU_UTIL 2147483632 1700000000\n"
                         "DCGM_FI_DEV_POWER_USAGE 140737488355328 1700000000\n"
                         "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION 9223372036854775792 1700000000\n"
                         "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION 8e12 1700000000\n",
        see, FB_TIME_MIN));
    assert_int_equal(seen_count, 1);
    check(0, "lone", "", 8e9, 1700000000);
}

/* Sensors of one machine, by text and by an answer of Prometheus: each holds until its own next
 * sample, and they add up. What another metric says of the same machine is not added to them. */
static void test_sensors(void **state)
{
    (void)state;
#define SENSOR(chip, sensor)                                                                       \
    "node_hwmon_power_average_watt{chip=\"" chip "\",sensor=\"" sensor "\"}"
#define SERIES(chip, sensor, watts)                                                                \
    "{\"metric\":{\"__name__\":\"node_hwmon_power_average_watt\",\"chip\":\"" chip                 \
    "\",\"sensor\":\"" sensor "\"},\"values\":[[3600,\"" watts "\"],[3660,\"" watts "\"]]}"
    const char *const text =
        SENSOR("a", "power1") " 300 3600\n" SENSOR("a", "power2") " 200 3600\n" SENSOR(
            "b", "power1") " 50 3600\nipmi_dcmi_power_consumption_watts 600 3600\n" SENSOR("a",
            "power1") " 300 3660\n" SENSOR("a", "power2") " 200 3660\n" SENSOR("b",
            "power1") " 50 3660\nipmi_dcmi_power_consumption_watts 600 3660\n";
    FB_TEST_OK(read_text(text, see, FB_TIME_MIN));
    check(0, "lone", "/a/power1", 300, 3600);
    check(2, "lone", "/b/power1", 50, 3600);
    check(3, "lone", "", 600, 3600);
    FB_TEST_OK(read_text(text, fb_reconcile_sample, FB_TIME_MIN));
    FB_TEST_OK(fb_reconcile_end(&reconcile, &err));
    assert_true(fabs(reconcile.joules - 60 * 550) < 1e-6);
    fb_reconcile_release(&reconcile);
    fb_reconcile_init(&reconcile, &plain);
    FB_TEST_OK(read_text("{\"data\":{\"result\":[" SERIES("a", "1", "300") "," SERIES(
                             "a", "2", "200") "," SERIES("b", "1", "50") "]}}",
        fb_reconcile_sample, FB_TIME_MIN));
    FB_TEST_OK(fb_reconcile_end(&reconcile, &err));
    assert_true(fabs(reconcile.joules - 60 * 550) < 1e-6);
#undef SENSOR
#undef SERIES
}

static void test_refused(void **state)
{
    (void)state;
    static const struct fb_test_refused cases[] = {{"", FB_E_FORMAT, 0},
        {"1abc 2\n", FB_E_SYNTAX, 1}, {"DCGM_FI_DEV_GPU_UTIL 10\n", FB_E_TIME, 1},
        {"DCGM_FI_DEV_GPU_UTIL x 1\n", FB_E_SYNTAX, 1},
        {"a 1\nDCGM_FI_DEV_GPU_UTIL{gpu=1} 1 1\n", FB_E_SYNTAX, 2},
        {"DCGM_FI_DEV_GPU_UTIL{gpu=\"1} 1 1\n", FB_E_SYNTAX, 1},
        {"DCGM_FI_DEV_GPU_UTIL{gpu=\"1\"a=\"2\"} 1 1\n", FB_E_SYNTAX, 1},
        {"DCGM_FI_DEV_GPU_UTIL{gpu=\"1\",,a=\"2\"} 1 1\n", FB_E_SYNTAX, 1},
        {"DCGM_FI_DEV_GPU_UTIL{,gpu=\"1\"} 1 1\n", FB_E_SYNTAX, 1}, {"a 1\n{\"b\n", FB_E_SYNTAX, 2},
        {"a 1\n{b=\"c\"} 1\n", FB_E_SYNTAX, 2}, {"DCGM_FI_DEV_GPU_UTIL 1 soon\n", FB_E_TIME, 1},
        {"DCGM_FI_DEV_GPU_UTIL 1 9e20\n", FB_E_TIME, 1}, {"time,use\n1,2,3\n", FB_E_SYNTAX, 2},
        {"time,use,host,USE\n5,1,a,0\n", FB_E_DUPLICATE, 1},
        {"time,use\nnever,0.5\n", FB_E_TIME, 2}, {"time,use\n5,half\n", FB_E_SYNTAX, 2},
        {"{\"data\":{\"result\":{}}}", FB_E_SCHEMA, 1},
        {"{\"data\":{\"result\":[{\"metric\":{\"__name__\":\"DCGM_FI_DEV_GPU_UTIL\"},\"values\":"
         "[[1]]}]}}",
            FB_E_SCHEMA, 1},
        {"{\"data\":", FB_E_SYNTAX, 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fb_err_init(&err);
        FB_TEST_REFUSES(read_text(cases[i].text, see, FB_TIME_MIN), &cases[i]);
        assert_string_equal(err.file, "t");
    }
    struct fb_buf many;
    fb_buf_init(&many, 1 << 16);
    fb_buf_add_c(&many, "DCGM_FI_DEV_GPU_UTIL{");
    for (int i = 0; i <= FB_TELEMETRY_LABELS_MAX; i++) {
        fb_buf_addf(&many, "l%d=\"v\",", i);
    }
    fb_buf_add_c(&many, "} 1 1\n");
    FB_TEST_FAILS(read_text(many.ptr, see, FB_TIME_MIN), FB_E_LIMIT);
    fb_buf_release(&many);
}

/* Names what a list of hosts came to. */
static enum fb_code list_host(void *ctx, struct fb_str host, struct fb_err *e)
{
    (void)e;
    struct fb_buf *out = ctx;
    fb_buf_add_str(out, host);
    fb_buf_add_char(out, ' ');
    return FB_OK;
}

static void test_hosts(void **state)
{
    (void)state;
    static const struct {
        const char *list, *want;
    } good[] = {{"vm", "vm "}, {"a,b", "a b "}, {"gpu[01-03,7],x", "gpu01 gpu02 gpu03 gpu7 x "},
        {"r[9-11]-n", "r9-n r10-n r11-n "}, {"", ""}};
    static const char *const bad[] = {"gpu[1-", "gpu[3-1]", "gpu[a]", "gpu]1[", "a,,b", "g[1][2]"};
    struct fb_buf out;
    fb_buf_init(&out, 1 << 20);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        fb_buf_clear(&out);
        FB_TEST_OK(fb_hosts_expand(fb_str_of(good[i].list), list_host, &out, &err));
        assert_true(fb_str_is(fb_buf_str(&out), good[i].want));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fb_err_init(&err);
        FB_TEST_FAILS(fb_hosts_expand(fb_str_of(bad[i]), list_host, &out, &err), FB_E_SYNTAX);
    }
    FB_TEST_FAILS(fb_hosts_expand(FB_STR("g[1-99999999999]"), list_host, &out, &err), FB_E_LIMIT);
    FB_TEST_FAILS(
        fb_hosts_expand(FB_STR("g[1-40000],h[1-40000]"), list_host, &out, &err), FB_E_LIMIT);
    fb_buf_release(&out);
}

/* Samples of one GPU, a minute apart. */
static void sample(const char *host, int64_t from, int64_t to, double use, double watts)
{
    for (int64_t at = from; at <= to; at += 60) {
        struct fb_telemetry_sample s = {
            .host = fb_str_of(host), .gpu = FB_STR("0"), .metric = -1, .at = at * FB_SECOND};
        s.quantity = FB_TELEMETRY_POWER;
        s.value = watts;
        FB_TEST_OK(fb_reconcile_sample(&reconcile, &s, &err));
        s.quantity = FB_TELEMETRY_USE;
        s.value = use;
        FB_TEST_OK(fb_reconcile_sample(&reconcile, &s, &err));
    }
}

static void job(const char *nodes, int64_t start, int64_t end, int64_t count)
{
    struct fb_job j = {.nodes = fb_str_of(nodes), .start = start, .end = end};
    FB_TEST_OK(fb_job_add_gpus(&j, (struct fb_job_part){FB_STR(""), count}, &err));
    FB_TEST_OK(fb_reconcile_job(&reconcile, &j, &err));
}

enum { H = 3600 };

static void test_findings(void **state)
{
    (void)state;
    reconcile.options.chips = 4;
    reconcile.options.power_w = 1000;
    job("agree[1-2]", H, 3 * H, 2);
    sample("agree1", H, 3 * H, 0.9, 300);
    sample("agree2", H, 3 * H, 0.8, 300);
    sample("secret", H, 3 * H, 0.9, 300);
    sample("liar", H, 3 * H, 0, 650);
    job("silent", H, 2 * H, 1);
    job("lazy", 2 * H, 3 * H, 1);
    sample("lazy", 2 * H, 3 * H, 0.01, 60);
    job("big", 10 * H, 11 * H, 6);
    sample("big", 10 * H, 11 * H, 0.9, 100);
    FB_TEST_OK(fb_reconcile_end(&reconcile, &err));
    static const struct {
        enum fb_finding_kind kind;
        const char *host;
        int64_t start, end;
    } want[] = {{FB_FINDING_UNACCOUNTED, "secret", H, 3 * H},
        {FB_FINDING_HOT_IDLE, "liar", H, 3 * H}, {FB_FINDING_OVER, "", 10 * H, 11 * H},
        {FB_FINDING_OVER_POWER, "", H, 3 * H}, {FB_FINDING_GAP, "big", 10 * H, 11 * H},
        {FB_FINDING_GAP, "silent", H, 2 * H}, {FB_FINDING_IDLE, "lazy", 2 * H, 3 * H}};
    assert_int_equal(reconcile.finding_count, sizeof(want) / sizeof(want[0]));
    for (size_t i = 0; i < reconcile.finding_count; i++) {
        assert_int_equal(reconcile.findings[i].kind, want[i].kind);
        assert_true(fb_str_is(reconcile.findings[i].host, want[i].host));
        assert_int_equal(reconcile.findings[i].start, want[i].start);
        assert_int_equal(reconcile.findings[i].end, want[i].end);
    }
    assert_true(fabs(reconcile.held - (4 * H + H + H + 6 * H)) < 1e-6);
    struct fb_buf out;
    struct fb_arena arena;
    struct fb_json *json = NULL;
    const struct fb_report_options options = {0};
    fb_arena_init(&arena, 1 << 20);
    fb_buf_init(&out, 1 << 20);
    FB_TEST_OK(fb_report_reconcile_text(&reconcile, &options, &out, &err));
    assert_non_null(strstr(out.ptr, "unaccounted-work"));
    fb_buf_clear(&out);
    FB_TEST_OK(fb_report_reconcile_json(&reconcile, &out, &err));
    FB_TEST_OK(fb_json_parse(fb_buf_str(&out), "j", NULL, &arena, &json, &err));
    assert_int_equal(fb_json_get(json, "findings")->count, reconcile.finding_count);
    fb_buf_release(&out);
    fb_arena_release(&arena);
}

/* Exporters give the whole name of a host, the scheduler the first part of it. */
static void test_domains(void **state)
{
    (void)state;
    job("g[1-2]", H, 2 * H, 2);
    sample("g1.example.org", H, 2 * H, 1, 500);
    sample("g2.example.org", H, 2 * H, 1, 500);
    sample("g3.example.org", H, 2 * H, 1, 500);
    FB_TEST_OK(fb_reconcile_end(&reconcile, &err));
    assert_int_equal(reconcile.finding_count, 1);
    assert_int_equal(reconcile.findings[0].kind, FB_FINDING_UNACCOUNTED);
    assert_true(fb_str_is(reconcile.findings[0].host, "g3.example.org"));
}

/* A sample holds for the gap only; counters of energy; jobs without hosts; samples that go back. */
static void test_whole(void **state)
{
    (void)state;
    job("", H, 2 * H, 1);
    sample("x", H, H, 1, 500);
    sample("x", 2 * H, 2 * H, 1, 500);
    struct fb_telemetry_sample s = {.host = FB_STR("y"),
        .gpu = FB_STR("0"),
        .quantity = FB_TELEMETRY_ENERGY,
        .value = 1000,
        .at = H * FB_SECOND};
    FB_TEST_OK(fb_reconcile_sample(&reconcile, &s, &err));
    s.value = 4000;
    s.at += 100 * FB_SECOND;
    FB_TEST_OK(fb_reconcile_sample(&reconcile, &s, &err));
    s.value = 0; /* it was started anew */
    s.at += 100 * FB_SECOND;
    FB_TEST_OK(fb_reconcile_sample(&reconcile, &s, &err));
    s.at -= 100 * FB_SECOND;
    FB_TEST_OK(fb_reconcile_sample(&reconcile, &s, &err));
    FB_TEST_OK(fb_reconcile_end(&reconcile, &err));
    assert_false(reconcile.has_hosts);
    assert_int_equal(reconcile.backward_samples, 1);
    assert_true(reconcile.covered == 300);
    assert_true(fabs(reconcile.joules - (300 * 500 + 3000)) < 1e-6);
    assert_int_equal(reconcile.finding_count, 1);
    assert_int_equal(reconcile.findings[0].kind, FB_FINDING_GAP);
    assert_int_equal(reconcile.findings[0].host.len, 0);
}

/* Accounts that overlap have a start twice; without being told so, none is remembered. */
static void test_repeats(void **state)
{
    (void)state;
    reconcile.options.repeats = true;
    struct fb_job j = {.id = FB_STR("7"),
        .nodes = FB_STR("h1"),
        .start = H,
        .end = 2 * H,
        .said = FB_JOB_GPUS_SAID,
        .gpus = 2};
    for (int i = 0; i < 2; i++) {
        FB_TEST_OK(fb_reconcile_job(&reconcile, &j, &err));
    }
    j.gpus = 8; /* the same start with other figures */
    FB_TEST_OK(fb_reconcile_job(&reconcile, &j, &err));
    j.start += 1; /* the job was requeued */
    FB_TEST_OK(fb_reconcile_job(&reconcile, &j, &err));
    assert_int_equal(reconcile.jobs, 2);
    assert_int_equal(reconcile.repeated_jobs, 2);
    reconcile.seen.max = 2;
    j.start += 1;
    FB_TEST_FAILS(fb_reconcile_job(&reconcile, &j, &err), FB_E_LIMIT);
    fb_err_init(&err);
    FB_TEST_OK(fb_reconcile_end(&reconcile, &err));
    assert_true(reconcile.held == 2 * 3600 + 8 * 3599);
}

/* Memory after n jobs and as many samples on two hosts. */
static size_t memory_of(int n)
{
    struct fb_reconcile one;
    fb_alloc_watch();
    fb_reconcile_init(&one, &plain);
    for (int i = 0; i < n; i++) {
        char id[16];
        snprintf(id, sizeof(id), "%d", i);
        struct fb_job j = {.id = fb_str_of(id),
            .nodes = i % 2 ? FB_STR("h1") : FB_STR("h2"),
            .start = H + i % 7000,
            .end = 4 * H,
            .said = FB_JOB_GPUS_SAID,
            .gpus = 1};
        FB_TEST_OK(fb_reconcile_job(&one, &j, &err));
        struct fb_telemetry_sample s = {
            .host = j.nodes, .gpu = FB_STR("0"), .metric = 1, .at = (H + i % 7000) * FB_SECOND};
        FB_TEST_OK(fb_reconcile_sample(&one, &s, &err));
    }
    FB_TEST_OK(fb_reconcile_end(&one, &err));
    fb_reconcile_release(&one);
    return fb_alloc_watched();
}

static void test_flat_memory(void **state)
{
    (void)state;
    size_t small = memory_of(100);
    assert_true(small > 0);
    assert_int_equal(memory_of(20000), small);
}

static void test_limits(void **state)
{
    (void)state;
    char host[32];
    enum fb_code code = FB_OK;
    struct fb_job j = {.start = 1, .end = 2, .said = FB_JOB_GPUS_SAID, .gpus = 1};
    for (int i = 0; code == FB_OK && i <= FB_RECONCILE_HOSTS_MAX; i++) {
        snprintf(host, sizeof(host), "h%d", i);
        j.nodes = fb_str_of(host);
        code = fb_reconcile_job(&reconcile, &j, &err);
    }
    assert_int_equal(code, FB_E_LIMIT);
    fb_err_init(&err);
    j = (struct fb_job){.nodes = FB_STR("h1"),
        .start = 1,
        .end = INT64_C(253402300799),
        .said = FB_JOB_GPUS_SAID,
        .gpus = 1};
    FB_TEST_FAILS(fb_reconcile_job(&reconcile, &j, &err), FB_E_LIMIT);
    fb_err_init(&err);
    struct fb_telemetry_sample s = {.host = FB_STR("h1"), .metric = -1, .at = FB_SECOND};
    code = FB_OK;
    for (int i = 0; code == FB_OK && i <= FB_RECONCILE_GPUS_MAX; i++) {
        snprintf(host, sizeof(host), "%d", i);
        s.gpu = fb_str_of(host);
        code = fb_reconcile_sample(&reconcile, &s, &err);
    }
    assert_int_equal(code, FB_E_LIMIT);
}

static void test_findings_limit(void **state)
{
    (void)state;
    char host[32];
    for (int i = 0; i <= FB_RECONCILE_FINDINGS_MAX; i++) {
        snprintf(host, sizeof(host), "h%d", i);
        job(host, H, 2 * H, 1);
    }
    FB_TEST_OK(fb_reconcile_end(&reconcile, &err));
    assert_true(reconcile.more);
    assert_int_equal(reconcile.finding_count, FB_RECONCILE_FINDINGS_MAX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_formats), TEST(test_spellings), TEST(test_sensors),
        TEST(test_refused), TEST(test_hosts), TEST(test_findings), TEST(test_domains),
        TEST(test_whole), TEST(test_repeats), TEST(test_flat_memory), TEST(test_limits),
        TEST(test_findings_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
