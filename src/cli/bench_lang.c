#include "cli/bench_lang.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "base/io.h"
#include "base/json.h"
#include "cli/lsp.h"
#include "govern/policy_diff.h"
#include "lang/explain.h"

enum { PACKS_MAX = 500, RUNS_MAX = 200, RULES = 10000, KEYS_RULES = 330, DIFF_RULES = 2000 };

#define ARENA_MAX ((size_t)1 << 31)

/* What a case works on. */
struct subject {
    struct fb_buf texts[PACKS_MAX];
    size_t text_count;
    struct fb_buf out;
    struct fb_lsp *lsp;
    size_t keys; /* struck so far */
    int64_t samples[RUNS_MAX];
};

static struct fb_policy_errors errors, notes;

/* One pass over the subject. */
typedef enum fb_code (*pass)(struct subject *s, struct fb_err *err);

static enum fb_code told(enum fb_code code, struct fb_err *err)
{
    if (code != FB_OK) {
        *err = errors.items[0];
    }
    return code;
}

static enum fb_code take(void *ctx, const char *path, struct fb_err *err)
{
    struct subject *s = ctx;
    if (!fb_str_ends(fb_str_of(path), FB_STR(".fly"))) {
        return FB_OK;
    }
    if (s->text_count == PACKS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "more than %d policies", PACKS_MAX);
    }
    fb_buf_init(&s->texts[s->text_count], FB_POLICY_TEXT_MAX);
    return fb_io_read(path, &s->texts[s->text_count++], err);
}

/* A policy of so many rules, six lines each; to is the begin of the names of those reported to. */
static void make(struct subject *s, size_t rules, const char *name, const char *to)
{
    struct fb_buf *out = &s->texts[s->text_count++];
    fb_buf_init(out, FB_POLICY_TEXT_MAX);
    fb_buf_add_c(out, "policy \"bench\"\n  title \"Made up\"\n  version 1\n");
    for (size_t i = 0; i < rules; i++) {
        fb_buf_addf(out,
            "\nduty %s%zu(S, I)\n  when incident I of S\n  party \"p\"\n"
            "  must report I to \"%s%zu\"\n  within %zu days\n",
            name, i, to, i % 50, i % 90 + 1);
    }
}

/* Check, notes and compilation, as `policy check` does it. */
static enum fb_code check(struct subject *s, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < s->text_count; i++) {
        struct fb_arena arena;
        struct fb_program *program = NULL;
        fb_arena_init(&arena, ARENA_MAX);
        notes.count = 0;
        code = told(
            fb_policy_review(fb_buf_str(&s->texts[i]), "bench", &arena, &program, &notes, &errors),
            err);
        fb_arena_release(&arena);
    }
    return code;
}

static enum fb_code format(struct subject *s, struct fb_err *err)
{
    fb_buf_clear(&s->out);
    return told(fb_policy_format(fb_buf_str(&s->texts[0]), "bench", &s->out, &errors), err);
}

static enum fb_code explain(struct subject *s, struct fb_err *err)
{
    fb_buf_clear(&s->out);
    return told(fb_policy_explain(fb_buf_str(&s->texts[0]), "bench", &s->out, &errors), err);
}

static enum fb_code diff(struct subject *s, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_policy_diff found;
    const struct fb_policy_source sides[2] = {
        {fb_buf_str(&s->texts[0]), "older"}, {fb_buf_str(&s->texts[1]), "newer"}};
    fb_arena_init(&arena, ARENA_MAX);
    enum fb_code code = told(fb_policy_diff_run(sides, 0, &arena, &found, &errors), err);
    fb_arena_release(&arena);
    return code;
}

/* ---- the language server ---- */

static enum fb_code sink(void *ctx, struct fb_str bytes, struct fb_err *err)
{
    struct subject *s = ctx;
    (void)err;
    fb_buf_clear(&s->out);
    fb_buf_add_str(&s->out, bytes);
    return FB_OK;
}

/* Sends a message of the protocol, whose text is not yet escaped. */
static enum fb_code post(
    struct subject *s, const char *begin, struct fb_str text, const char *end, struct fb_err *err)
{
    struct fb_buf body, head;
    struct fb_json_writer w;
    fb_buf_init(&body, FB_LSP_MESSAGE_MAX);
    fb_buf_init(&head, 4096);
    fb_buf_add_c(&body, begin);
    fb_json_writer_init(&w, &body, 0);
    fb_json_str(&w, text);
    fb_buf_add_c(&body, end);
    fb_buf_addf(&head, "Content-Length: %zu\r\n\r\n", body.len);
    enum fb_code code = fb_buf_check(&body, "a message", err);
    code = code ? code : fb_lsp_feed(s->lsp, fb_buf_str(&head), err);
    code = code ? code : fb_lsp_feed(s->lsp, fb_buf_str(&body), err);
    fb_buf_release(&body);
    fb_buf_release(&head);
    return code;
}

static enum fb_code open_document(struct subject *s, struct fb_err *err)
{
    static const char greeting[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
        "\"capabilities\":{},\"rootUri\":";
    static const char begin[] =
        "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didOpen\",\"params\":{\"textDocument\":"
        "{\"uri\":\"file:///p.fly\",\"version\":1,\"text\":";
    enum fb_code code = fb_lsp_new(sink, s, &s->lsp, err);
    code = code ? code : post(s, greeting, FB_STR("file:///"), "}}", err);
    return code ? code : post(s, begin, fb_buf_str(&s->texts[0]), "}}}", err);
}

/* Types a letter into the title, or takes it back: the text is read anew, and diagnosed. */
static enum fb_code strike(struct subject *s, struct fb_err *err)
{
    bool adds = s->keys++ % 2 == 0;
    char begin[512];
    int len = snprintf(begin, sizeof(begin),
        "{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/didChange\",\"params\":{\"textDocument\":"
        "{\"uri\":\"file:///p.fly\",\"version\":%zu},\"contentChanges\":[{\"range\":{\"start\":"
        "{\"line\":1,\"character\":9},\"end\":{\"line\":1,\"character\":%d}},\"text\":",
        s->keys + 1, adds ? 9 : 10);
    FB_ASSERT(len > 0 && (size_t)len < sizeof(begin));
    enum fb_code code = post(s, begin, adds ? FB_STR("x") : FB_STR(""), "}]}}", err);
    bool shown = memmem(s->out.ptr, s->out.len, "publishDiagnostics", 18) != NULL;
    return code || shown ? code : fb_err_set(err, FB_E_MISMATCH, "nothing was diagnosed");
}

/* ---- cases ---- */

static void measure(struct subject *s, pass once, size_t runs, struct fb_bench_result *out,
    enum fb_code *code, struct fb_err *err)
{
    FB_ASSERT(runs > 0 && runs <= RUNS_MAX);
    for (size_t i = 0; *code == FB_OK && i < runs; i++) {
        struct fb_bench_mark mark = fb_bench_start();
        *code = once(s, err);
        s->samples[i] = fb_clock_ticks_ns() - mark.wall_ns;
        fb_bench_stop(&mark, &out->cost);
    }
    fb_bench_summarise(s->samples, runs, out);
    out->count = (double)runs;
}

/* Makes the subject's texts, and what the passes need besides. */
typedef enum fb_code (*preparation)(
    struct subject *s, const struct fb_bench_options *options, struct fb_err *err);

static enum fb_code measure_of(const struct fb_bench_options *options, preparation prepare,
    pass once, struct fb_bench_result *out, struct fb_err *err)
{
    struct subject *s = fb_calloc(1, sizeof(*s));
    if (!s) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out");
    }
    fb_buf_init(&s->out, (size_t)1 << 28);
    enum fb_code code = prepare(s, options, err);
    for (size_t i = 0; code == FB_OK && i < s->text_count; i++) {
        code = fb_buf_check(&s->texts[i], "a policy", err);
    }
    code = code ? code : once(s, err); /* the memory of the first time is not measured */
    measure(s, once, out->count > 0 ? (size_t)out->count : RUNS_MAX, out, &code, err);
    out->metric = "passes_per_s";
    fb_lsp_free(s->lsp);
    for (size_t i = 0; i < s->text_count; i++) {
        fb_buf_release(&s->texts[i]);
    }
    fb_buf_release(&s->out);
    fb_free(s);
    return code;
}

static enum fb_code take_packs(
    struct subject *s, const struct fb_bench_options *options, struct fb_err *err)
{
    enum fb_code code = fb_io_walk(options->data, 2, take, s, err);
    if (code == FB_OK && s->text_count == 0) {
        return fb_err_set(err, FB_E_NOT_FOUND, "no policy below '%s'", options->data);
    }
    return code;
}

static enum fb_code make_rules(
    struct subject *s, const struct fb_bench_options *options, struct fb_err *err)
{
    (void)options;
    (void)err;
    make(s, RULES, "t", "office");
    return FB_OK;
}

static enum fb_code make_document(
    struct subject *s, const struct fb_bench_options *options, struct fb_err *err)
{
    (void)options;
    make(s, KEYS_RULES, "t", "office");
    return open_document(s, err);
}

static enum fb_code make_renamed(
    struct subject *s, const struct fb_bench_options *options, struct fb_err *err)
{
    (void)options;
    (void)err;
    make(s, DIFF_RULES, "t", "office");
    make(s, DIFF_RULES, "u", "office");
    return FB_OK;
}

static enum fb_code make_changed(
    struct subject *s, const struct fb_bench_options *options, struct fb_err *err)
{
    (void)options;
    (void)err;
    make(s, DIFF_RULES, "t", "office");
    make(s, DIFF_RULES, "u", "agency");
    return FB_OK;
}

#define BENCH(name, prepare, once, runs)                                                           \
    static enum fb_code bench_##name(                                                              \
        const struct fb_bench_options *options, struct fb_bench_result *out, struct fb_err *err)   \
    {                                                                                              \
        out->count = runs;                                                                         \
        return measure_of(options, prepare, once, out, err);                                       \
    }

BENCH(packs, take_packs, check, 100)
BENCH(rules, make_rules, check, 5)
BENCH(fmt, make_rules, format, 10)
BENCH(explain, make_rules, explain, 5)
BENCH(keystroke, make_document, strike, 100)
BENCH(renamed, make_renamed, diff, 5)
BENCH(changed, make_changed, diff, 3)

const struct fb_bench_case *fb_bench_lang_cases(size_t *out_count)
{
    static const struct fb_bench_case CASES[] = {
        {"lang", "check-packs", bench_packs},
        {"lang", "check-10000-rules", bench_rules},
        {"lang", "fmt-10000-rules", bench_fmt},
        {"lang", "explain-10000-rules", bench_explain},
        {"lang", "keystroke-2000-lines", bench_keystroke},
        {"lang", "diff-2000-renamed", bench_renamed},
        {"lang", "diff-2000-changed", bench_changed},
    };
    *out_count = sizeof(CASES) / sizeof(CASES[0]);
    return CASES;
}
