#include "cli/bench_case.h"

#include "base/assert.h"
#include "case/bounds.h"
#include "case/formats.h"
#include "case/live.h"
#include "case/rules.h"
#include "report/case_html.h"
#include "report/case_svg.h"

enum { INNER = 3500, CHANGES = 100, RUNS = 5, TEXT_MAX = 1 << 24 };

#define ARENA_MAX ((size_t)1 << 31)

/* The safety case at work, as far as it was taken. */
struct subject {
    struct fb_arena arena;
    struct fb_buf text;
    struct fb_buf out;
    struct fb_doc doc;
    struct fb_case *argument;
    struct fb_case_live *live;
};

static uint32_t chance(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

/* Goals with two to four goals below each, and a result under each leaf. */
static void make_text(struct fb_buf *out)
{
    uint32_t seed = 1, next = 1, results = 0;
    for (uint32_t i = 0; i < INNER; i++) {
        uint32_t count = 2 + chance(&seed, 3);
        fb_buf_addf(out,
            "G%u:\n  text: Claim G%u holds for the deployed system in the stated operating "
            "context\n"
            "  supportedBy: [",
            i, i);
        if (next >= INNER) {
            bool shared = results > 0 && chance(&seed, 10) < 3;
            uint32_t result = shared ? chance(&seed, results) : results++;
            fb_buf_addf(out, "Sn%u]\n", result);
            if (!shared) {
                fb_buf_addf(out, "Sn%u:\n  text: Evaluation result Sn%u\n", result, result);
            }
            continue;
        }
        for (uint32_t k = 0; k < count && next < INNER; k++) {
            fb_buf_addf(out, "%sG%u", k ? ", " : "", next++);
        }
        fb_buf_add_c(out, "]\n");
    }
}

static void subject_init(struct subject *s)
{
    fb_arena_init(&s->arena, ARENA_MAX);
    fb_buf_init(&s->text, TEXT_MAX);
    fb_buf_init(&s->out, (size_t)1 << 28);
    fb_doc_init(&s->doc, &s->arena);
    s->argument = NULL;
    make_text(&s->text);
}

static void subject_release(struct subject *s)
{
    fb_doc_release(&s->doc);
    fb_buf_release(&s->out);
    fb_buf_release(&s->text);
    fb_arena_release(&s->arena);
}

static enum fb_code read_text(struct subject *s, struct fb_err *err)
{
    struct fb_doc_file file = {.path = "bench", .text = fb_buf_str(&s->text)};
    struct fb_yaml *root = NULL;
    enum fb_code code = fb_buf_check(&s->text, "the case", err);
    code = code != FB_OK ? code : fb_case_read_tree(&file, FB_CASE_GSN, &s->arena, &root, err);
    file.root = root;
    return code != FB_OK ? code : fb_doc_add(&s->doc, &file, err);
}

static enum fb_code check(struct subject *s, struct fb_err *err)
{
    static const struct fb_rules_options OPTIONS = {.all = false};
    return fb_rules_check(&s->doc, &OPTIONS, err);
}

static enum fb_code build(struct subject *s, struct fb_err *err)
{
    return fb_case_build(&s->doc, false, &s->arena, &s->argument, err);
}

static enum fb_code label(struct subject *s, struct fb_err *err)
{
    return fb_case_label(s->argument, NULL, NULL, &s->arena, err);
}

/* A record changes: one leaf fails, or holds again, and all that depends on it is told why. */
static enum fb_code relabel(struct subject *s, struct fb_err *err)
{
    return fb_case_live_new(s->argument, NULL, NULL, &s->arena, &s->live, err);
}

static enum fb_code change(struct subject *s, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (uint32_t i = 0; code == FB_OK && i < CHANGES; i++) {
        uint32_t leaf = (uint32_t)(s->argument->element_count - 1 - i / 2);
        if (i % 2) {
            fb_case_live_free(s->live, leaf);
        } else {
            fb_case_live_force(s->live, leaf, FB_EVIDENCE_FAILS);
        }
        code = fb_case_live_explain(s->live, err);
    }
    return code;
}

static enum fb_code bound(struct subject *s, struct fb_err *err)
{
    struct fb_case_bounds *ignored = NULL;
    return fb_case_bound(s->argument, &s->arena, &ignored, err);
}

static enum fb_code draw(struct subject *s, struct fb_err *err)
{
    return fb_report_case_svg(s->argument, &s->out, err);
}

static enum fb_code page(struct subject *s, struct fb_err *err)
{
    return fb_report_case_html(s->argument, NULL, &s->out, err);
}

static enum fb_code sacm(struct subject *s, struct fb_err *err)
{
    return fb_case_write(&s->doc, FB_CASE_SACM, &s->out, err);
}

typedef enum fb_code (*step)(struct subject *s, struct fb_err *err);

/* Takes the case through steps and measures the last, some times over. */
static enum fb_code measure(
    const step *steps, size_t count, struct fb_bench_result *out, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    FB_ASSERT(count > 0);
    for (int run = 0; code == FB_OK && run < RUNS; run++) {
        struct subject s;
        subject_init(&s);
        for (size_t i = 0; code == FB_OK && i + 1 < count; i++) {
            code = steps[i](&s, err);
        }
        struct fb_bench_mark mark = fb_bench_start();
        code = code != FB_OK ? code : steps[count - 1](&s, err);
        fb_bench_stop(&mark, &out->cost);
        subject_release(&s);
    }
    out->count = RUNS;
    out->metric = "cases_per_s";
    return code;
}

#define BENCH(name, ...)                                                                           \
    static enum fb_code bench_##name(                                                              \
        const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)   \
    {                                                                                              \
        static const step STEPS[] = {__VA_ARGS__};                                                 \
        (void)options;                                                                             \
        return measure(STEPS, sizeof(STEPS) / sizeof(STEPS[0]), out, err);                         \
    }

BENCH(read, read_text)
BENCH(check, read_text, check)
BENCH(build, read_text, build)
BENCH(label, read_text, build, label)
static enum fb_code bench_change(
    const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)
{
    static const step STEPS[] = {read_text, build, relabel, change};
    (void)options;
    enum fb_code code = measure(STEPS, sizeof(STEPS) / sizeof(STEPS[0]), out, err);
    out->count = RUNS * CHANGES;
    out->metric = "changes_per_s";
    return code;
}

BENCH(bound, read_text, build, label, bound)
BENCH(draw, read_text, build, label, draw)
BENCH(page, read_text, build, label, page)
BENCH(sacm, read_text, sacm)

const struct fb_bench_case *fb_bench_case_cases(size_t *out_count)
{
    static const struct fb_bench_case CASES[] = {
        {"case", "read-yaml", bench_read},
        {"case", "check", bench_check},
        {"case", "build", bench_build},
        {"case", "label", bench_label},
        {"case", "one-change", bench_change},
        {"case", "bounds", bench_bound},
        {"case", "layout-svg", bench_draw},
        {"case", "html", bench_page},
        {"case", "write-sacm", bench_sacm},
    };
    *out_count = sizeof(CASES) / sizeof(CASES[0]);
    return CASES;
}
