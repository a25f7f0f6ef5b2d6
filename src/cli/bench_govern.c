#include "cli/bench_govern.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "base/workers.h"
#include "govern/evaluate.h"
#include "lang/lang.h"
#include "report/report.h"

enum { TEXT_MAX = 4096, BASE_POLICIES = 2, PACKS_MAX = 500, DEVELOPER_MAX = 40 };

static const struct fb_bench_docket dockets[] = {
    {.name = "naive-300", .records = 300, .naive = true},
    {.name = "records-1k", .records = 1000},
    {.name = "records-10k", .records = 10000},
    {.name = "records-100k", .records = 100000},
    {.name = "policies-10", .records = 10000, .policies = 10},
    {.name = "policies-100", .records = 10000, .policies = 100},
    {.name = "policies-1000", .records = 10000, .policies = 1000},
    {.name = "policies-10000", .records = 10000, .policies = 10000},
    {.name = "packs-1k", .records = 1000, .developers = 10, .packs = true},
    {.name = "packs-10k", .records = 10000, .developers = 100, .packs = true},
    {.name = "packs-100k", .records = 100000, .developers = 1000, .packs = true},
    {.name = "alone-100k", .records = 100000, .developers = 1000, .packs = true, .about = "17"},
    {.name = "packs-1m", .records = 1000000, .developers = 5000, .packs = true},
    {.name = "next-1k", .records = 1000, .developers = 10, .packs = true, .added = 2000},
    {.name = "next-100k", .records = 100000, .developers = 1000, .packs = true, .added = 2000},
    {.name = "next-1m", .records = 1000000, .developers = 5000, .packs = true, .added = 2000},
    {.name = "next-one", .records = 100000, .packs = true, .added = 2000},
    {.name = "next-one-large", .records = 20000, .packs = true, .added = 200, .large = true},
    {.name = "status-100k",
        .records = 100000,
        .developers = 1000,
        .packs = true,
        .added = 2000,
        .told = true},
    {.name = "status-1m",
        .records = 1000000,
        .developers = 5000,
        .packs = true,
        .added = 2000,
        .told = true},
};

struct fb_bench_govern {
    struct fb_bench_docket docket;
    struct fb_registry *registry;
    fb_time now;
    struct fb_buf packs[PACKS_MAX];
    size_t pack_count;
    size_t developers;
    size_t policies;
    size_t systems;
    size_t written; /* records */
};

const struct fb_bench_docket *fb_bench_govern_docket(size_t n)
{
    return n < sizeof(dockets) / sizeof(dockets[0]) ? &dockets[n] : NULL;
}

static const char framework[] =
    "policy \"bench/framework\"\n"
    "  title \"A developer's commitment\"\n"
    "  version 1\n"
    "redline cyber(S)\n"
    "  title \"Breaks into systems\"\n"
    "  measure success of S on \"cybench\"\n"
    "  applies to systems with training compute >= 1e25 FLOP, or designated\n"
    "  crossed at 50% with 95% confidence\n"
    "  needs 200 samples, newer than 180 days\n"
    "  clears below 30% for 90 days\n"
    "commitment hold(S) by \"dev\"\n"
    "  while cyber(S) crossed or not ruled out\n"
    "  may not deploy S externally\n"
    "  must secure S at level 4 within 30 days lest halt S\n"
    "  relax after cyber(S) ruled out for 90 days\n";

static const char reports[] =
    "policy \"bench/reports\"\n"
    "  title \"Incidents are reported\"\n"
    "  version 1\n"
    "  calendar eu-1182-71\n"
    "let large(S) = training compute of S > 1e25 FLOP, or training compute of S is unknown\n"
    "duty initial_report(S, I)\n"
    "  when incident I of system S with class C, known to P\n"
    "  if large(S)\n"
    "  party P\n"
    "  must report I to \"office\" stage \"initial\"\n"
    "  within 5 days if C is cyber_breach\n"
    "         10 days if C is death\n"
    "         15 days if C is serious_harm\n"
    "  of P knowing of I\n"
    "  lest breach \"Art. 101\"\n";

/* A law that concerns incidents of a class of its own, of which there are none. */
static const char other[] = "policy \"bench/other-%zu\"\n"
                            "  title \"Another law\"\n"
                            "  version 1\n"
                            "duty tell(S, I)\n"
                            "  when incident I of system S with class \"c%zu\", known to P\n"
                            "  party P\n"
                            "  must report I to \"office-%zu\"\n"
                            "  within 10 days\n"
                            "  of P knowing of I\n";

/* The document of policy "sha256:<number, 64 digits>": the two of all, the packs, the others. */
static enum fb_code read_policy(
    void *ctx, struct fb_str digest, struct fb_buf *out, struct fb_err *err)
{
    const struct fb_bench_govern *bench = ctx;
    uint64_t number = 0;
    bool good = fb_str_u64(fb_str_sub(digest, sizeof("sha256:") - 1, digest.len), &number);
    FB_ASSERT(good);
    if (number < BASE_POLICIES) {
        fb_buf_add_c(out, number == 0 ? framework : reports);
    } else if (number < BASE_POLICIES + bench->pack_count) {
        fb_buf_add_str(out, fb_buf_str(&bench->packs[number - BASE_POLICIES]));
    } else {
        size_t n = (size_t)number;
        fb_buf_addf(out, other, n, n, n);
    }
    return fb_buf_check(out, "a policy", err);
}

/* The n-th developer, who has the n-th system and so on in turn. */
static const char *developer(size_t n, char out[DEVELOPER_MAX])
{
    snprintf(out, DEVELOPER_MAX, n ? "party/dev-%zu" : "party/dev", n);
    return out;
}

static void write_policy(struct fb_buf *out, size_t n, const char *at)
{
    fb_buf_addf(out,
        "{\"at\":\"%s\",\"body\":{\"document\":\"sha256:%064zu\",\"name\":\"bench/%s%zu\","
        "\"version\":1},\"id\":\"policy/%zu\",\"issuer\":\"party/dev\",\"kind\":\"policy\"}",
        at, n, n == 0 ? "framework-" : "p-", n, n);
}

/* The first party introduces itself and all others. */
static void write_party(struct fb_buf *out, size_t n, const char *at)
{
    char name[DEVELOPER_MAX];
    fb_buf_addf(out,
        "{\"at\":\"%s\",\"body\":{\"role\":\"developer\",\"title\":\"Dev %zu\"},\"id\":\"%s\","
        "\"issuer\":\"party/dev\",\"kind\":\"party\"}",
        at, n, developer(n, name));
}

static void write_system(
    struct fb_buf *out, size_t n, const char *by, const char *large, const char *at)
{
    fb_buf_addf(out,
        "{\"at\":\"%s\",\"body\":{\"developer\":\"%s\",\"title\":\"System %zu\","
        "\"training_compute_flop\":%s},\"id\":\"system/%zu\",\"issuer\":\"%s\","
        "\"kind\":\"system\"}",
        at, by, n, n % 2 ? large : "3e+22", n, by);
}

static void write_incident(
    struct fb_buf *out, size_t n, size_t system, const char *by, const char *at)
{
    static const char *const classes[] = {"cyber_breach", "death", "serious_harm"};
    fb_buf_addf(out,
        "{\"at\":\"%s\",\"body\":{\"class\":\"%s\",\"known_at\":\"%s\",\"known_to\":\"%s\","
        "\"title\":\"harm\"},\"id\":\"incident/%zu\",\"issuer\":\"%s\",\"kind\":"
        "\"incident\",\"subject\":\"system/%zu\"}",
        at, classes[n % 3], at, by, n, by, system);
}

static void write_report(
    struct fb_buf *out, size_t n, size_t incident, const char *by, const char *at)
{
    fb_buf_addf(out,
        "{\"at\":\"%s\",\"body\":{\"about\":\"incident/%zu\",\"stage\":\"initial\",\"to\":"
        "\"office\"},\"id\":\"report/%zu\",\"issuer\":\"%s\",\"kind\":\"report\"}",
        at, incident, n, by);
}

static void write_evaluation(
    struct fb_buf *out, size_t n, size_t system, const char *by, const char *at)
{
    size_t succeeded = n % 7 == 0 ? 180 : 10;
    fb_buf_addf(out,
        "{\"at\":\"%s\",\"body\":{\"began\":\"%s\",\"ended\":\"%s\",\"model\":\"m\",\"samples\":"
        "300,"
        "\"scorer\":\"s\",\"status\":\"success\",\"succeeded_all\":%zu,\"succeeded_any\":%zu,"
        "\"task\":\"cybench\",\"unresolved\":0},\"id\":\"evaluation/%zu\",\"issuer\":\"%s\","
        "\"kind\":\"evaluation\",\"subject\":\"system/%zu\"}",
        at, at, at, succeeded, succeeded, n, by, system);
}

/* The system that the k-th event is about. */
static size_t event_system(const struct fb_bench_govern *bench, size_t k)
{
    return k / 3 * 7 % bench->systems;
}

/* What happens to systems: incidents, each third of them reported, and evaluations. */
static void write_event(
    const struct fb_bench_govern *bench, size_t k, const char *at, struct fb_buf *out)
{
    char by[DEVELOPER_MAX];
    size_t system = event_system(bench, k);
    developer(system % bench->developers, by);
    if (k % 10 == 9) {
        write_evaluation(out, k, system, by, at);
    } else if (k % 3 == 1 && k % 10 != 0) {
        write_report(out, k, k - 1, by, at);
    } else {
        write_incident(out, k, system, by, at);
    }
}

/* The n-th record: parties, policies, systems, then what happens to them. */
static void write_record(
    const struct fb_bench_govern *bench, size_t n, const char *at, struct fb_buf *out)
{
    char by[DEVELOPER_MAX];
    if (n < bench->developers) {
        write_party(out, n, at);
    } else if ((n -= bench->developers) < bench->policies) {
        write_policy(out, n, at);
    } else if ((n -= bench->policies) < bench->systems) {
        write_system(out, n, developer(n % bench->developers, by),
            bench->docket.large ? "3e+26" : "3e+25", at);
    } else {
        write_event(bench, n - bench->systems, at, out);
    }
}

/* The next record, which comes a minute after the last. */
static enum fb_code next_record(
    struct fb_bench_govern *bench, struct fb_buf *text, struct fb_err *err)
{
    char at[FB_TIME_TEXT];
    size_t n = bench->written++;
    bench->now = fb_days_from_civil(2026, 1, 1) * FB_DAY + (fb_time)n * (FB_HOUR / 60);
    fb_time_format(bench->now, at);
    fb_buf_clear(text);
    write_record(bench, n, at, text);
    return fb_buf_check(text, "a record", err);
}

static enum fb_code take_pack(void *ctx, const char *path, struct fb_err *err)
{
    struct fb_bench_govern *bench = ctx;
    if (!fb_str_ends(fb_str_of(path), FB_STR(".fly"))) {
        return FB_OK;
    }
    if (bench->pack_count == PACKS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d policies", PACKS_MAX);
    }
    struct fb_buf *text = &bench->packs[bench->pack_count++];
    fb_buf_init(text, FB_POLICY_TEXT_MAX);
    return fb_io_read(path, text, err);
}

enum fb_code fb_bench_govern_new(const struct fb_bench_docket *docket, const char *folder,
    struct fb_bench_govern **out, struct fb_err *err)
{
    FB_ASSERT(docket && out && docket->records >= 100);
    struct fb_bench_govern *bench = fb_calloc(1, sizeof(*bench));
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    if (!bench) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    bench->docket = *docket;
    enum fb_code code = fb_registry_new(&bench->registry, err);
    if (code == FB_OK && docket->packs) {
        code = fb_io_walk(folder, 2, take_pack, bench, err);
    }
    bench->developers = docket->developers ? docket->developers : 1;
    bench->policies = BASE_POLICIES + bench->pack_count + docket->policies;
    bench->systems = docket->records / 5;
    size_t count = docket->records + docket->policies + bench->pack_count;
    while (bench->written < count && code == FB_OK) {
        code = next_record(bench, &text, err);
        code =
            code ? code : fb_registry_assume(bench->registry, fb_buf_str(&text), bench->now, err);
    }
    fb_buf_release(&text);
    if (code != FB_OK) {
        fb_bench_govern_free(bench);
        return code;
    }
    *out = bench;
    return FB_OK;
}

void fb_bench_govern_free(struct fb_bench_govern *bench)
{
    if (bench) {
        fb_registry_free(bench->registry);
        for (size_t i = 0; i < bench->pack_count; i++) {
            fb_buf_release(&bench->packs[i]);
        }
        fb_free(bench);
    }
}

enum fb_code fb_bench_govern_run(struct fb_bench_govern *bench, struct fb_err *err)
{
    FB_ASSERT(bench);
    struct fb_arena arena;
    struct fb_picture picture;
    fb_arena_init(&arena, (size_t)16 << 30);
    struct fb_govern_input input = {.registry = bench->registry,
        .now = bench->now,
        .as_of = FB_TIME_MAX,
        .read_blob = read_policy,
        .blob_ctx = bench,
        .naive = bench->docket.naive,
        .about = fb_str_of(bench->docket.about),
        .threads = bench->docket.about ? 1 : fb_workers_here(),
        .brief = true};
    enum fb_code code =
        bench->docket.about ? fb_resident_new(bench->registry, &input.resident, err) : FB_OK;
    code = code ? code : fb_govern_evaluate(&input, &arena, &picture, err);
    FB_ASSERT(
        code != FB_OK || bench->docket.about || picture.duty_count > bench->docket.records / 5);
    fb_resident_free(input.resident);
    fb_arena_release(&arena);
    return code;
}

/* Decides a system by what is resident, and writes its status where that is measured. */
static enum fb_code decide(const struct fb_bench_govern *bench, struct fb_resident *resident,
    size_t system, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_picture picture;
    char name[DEVELOPER_MAX];
    snprintf(name, sizeof(name), "%zu", system);
    fb_arena_init(&arena, (size_t)1 << 30);
    struct fb_govern_input input = {.registry = bench->registry,
        .now = bench->now,
        .as_of = FB_TIME_MAX,
        .read_blob = read_policy,
        .blob_ctx = (void *)(uintptr_t)bench,
        .about = fb_str_of(name),
        .resident = resident,
        .brief = !bench->docket.told};
    struct fb_buf status;
    fb_buf_init(&status, (size_t)1 << 28);
    enum fb_code code = fb_govern_evaluate(&input, &arena, &picture, err);
    FB_ASSERT(code != FB_OK || (picture.system_count == 1 && picture.licence_count > 0));
    if (code == FB_OK && bench->docket.told) {
        struct fb_report_options options = {.system = picture.about};
        code = fb_report_status_json(&picture, &options, &status, err);
    }
    fb_buf_release(&status);
    fb_arena_release(&arena);
    return code;
}

enum fb_code fb_bench_govern_follow(
    struct fb_bench_govern *bench, struct fb_bench_result *out, struct fb_err *err)
{
    FB_ASSERT(bench && bench->docket.added > 0 && out);
    struct fb_resident *resident = NULL;
    struct fb_buf text;
    fb_buf_init(&text, TEXT_MAX);
    int64_t *samples = fb_calloc(bench->docket.added, sizeof(*samples));
    enum fb_code code = samples ? fb_resident_new(bench->registry, &resident, err)
                                : fb_err_set(err, FB_E_NOMEM, "memory ran out");
    code = code ? code : decide(bench, resident, 0, err);
    size_t before = bench->developers + bench->policies + bench->systems, i = 0;
    for (; i < bench->docket.added && code == FB_OK; i++) {
        size_t system = event_system(bench, bench->written - before);
        code = next_record(bench, &text, err);
        struct fb_bench_mark mark = fb_bench_start();
        code =
            code ? code : fb_registry_assume(bench->registry, fb_buf_str(&text), bench->now, err);
        code = code ? code : decide(bench, resident, system, err);
        samples[i] = fb_clock_ticks_ns() - mark.wall_ns;
        fb_bench_stop(&mark, &out->cost);
    }
    fb_bench_summarise(samples, samples ? i : 0, out);
    out->count = (double)i;
    fb_buf_release(&text);
    fb_resident_free(resident);
    fb_free(samples);
    return code;
}
