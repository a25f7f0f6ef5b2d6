#include "cli/bench_engine.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/io.h"
#include "engine/eval.h"
#include "lang/monpoly.h"

/* One policy over one log. */
struct engine_case {
    const char *name; /* of NAME.expected too */
    const char *sig;
    const char *formula;
    const char *log;
};

static const struct engine_case cases[] = {
    {"D1", "D", "D1", "D"},
    {"D2", "D", "D2", "D"},
    {"D3", "D", "D3", "D"},
    {"P1", "P", "P1", "P1"},
    {"P2", "P", "P2", "P2"},
    {"acc1", "acc", "acc", "acc1"},
    {"fil1", "fil", "fil", "fil1"},
    {"A1", "A", "A1", "A"},
    {"A2", "A", "A2", "A"},
    {"A3", "A", "A3", "A"},
    {"A4", "A", "A4", "A"},
    {"A5", "A", "A5", "A"},
    {"A6", "A", "A6", "A"},
};

enum { TEXT_MAX = 1 << 28, CASE_COUNT = sizeof(cases) / sizeof(cases[0]) };

/* The files of a case, and what came out. */
struct texts {
    struct fb_buf sig;
    struct fb_buf formula;
    struct fb_buf log;
    struct fb_buf expected;
    struct fb_buf out;
};

static enum fb_code read_one(const char *folder, const char *name, const char *ending,
    struct fb_buf *out, struct fb_err *err)
{
    char path[FB_IO_PATH_MAX];
    int len = snprintf(path, sizeof(path), "%s/%s.%s", folder, name, ending);
    if (len < 0 || (size_t)len >= sizeof(path)) {
        return fb_err_set(err, FB_E_LIMIT, "a path is too long");
    }
    return fb_io_read(path, out, err);
}

static enum fb_code read_all(
    const struct engine_case *c, const char *folder, struct texts *texts, struct fb_err *err)
{
    struct fb_err absent;
    fb_err_init(&absent);
    enum fb_code code = read_one(folder, c->sig, "sig", &texts->sig, err);
    code = code ? code : read_one(folder, c->formula, "mfotl", &texts->formula, err);
    code = code ? code : read_one(folder, c->log, "log", &texts->log, err);
    if (code == FB_OK) {
        code = read_one(folder, c->name, "expected", &texts->expected, &absent);
        code = code == FB_E_NOT_FOUND ? FB_OK : code;
    }
    return code;
}

/* Verdicts stay in the buffer, to be compared. */
static enum fb_code keep(void *ctx, struct fb_buf *line, struct fb_err *err)
{
    (void)ctx;
    (void)line;
    (void)err;
    return FB_OK;
}

static enum fb_code monitor(struct texts *texts, double *out_count, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_signature signature = {0};
    struct fb_monpoly_formula formula = {0};
    struct fb_monpoly_stream stream = {.sink = keep, .line = &texts->out};
    fb_arena_init(&arena, TEXT_MAX);
    enum fb_code code = fb_monpoly_signature(fb_buf_str(&texts->sig), &arena, &signature, err);
    code = code ? code
                : fb_monpoly_formula_read(
                      fb_buf_str(&texts->formula), &signature, &arena, &formula, err);
    code = code ? code : fb_form_check(formula.plain.form, NULL, 0, err);
    code = code ? code
                : fb_monpoly_monitor(&formula, &signature, fb_buf_str(&texts->log), &stream, err);
    *out_count = (double)stream.tuple_count;
    fb_arena_release(&arena);
    return code;
}

const char *fb_bench_engine_name(size_t n)
{
    return n < CASE_COUNT ? cases[n].name : NULL;
}

enum fb_code fb_bench_engine_run(
    size_t n, const char *folder, double *out_count, struct fb_err *err)
{
    FB_ASSERT(n < CASE_COUNT && folder && out_count);
    struct texts texts;
    struct fb_buf *all[] = {&texts.sig, &texts.formula, &texts.log, &texts.expected, &texts.out};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        fb_buf_init(all[i], TEXT_MAX);
    }
    enum fb_code code = read_all(&cases[n], folder, &texts, err);
    code = code ? code : monitor(&texts, out_count, err);
    bool differs =
        texts.expected.len > 0 && !fb_str_eq(fb_buf_str(&texts.out), fb_buf_str(&texts.expected));
    if (code == FB_OK && differs) {
        code = fb_err_set(
            err, FB_E_MISMATCH, "the verdicts of '%s' are not the expected ones", cases[n].name);
    }
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        fb_buf_release(all[i]);
    }
    return code;
}
