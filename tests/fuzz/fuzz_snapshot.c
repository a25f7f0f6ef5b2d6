/*
 * fuzz_snapshot.c: the state of a run, without the digest that a file of it has. The first byte
 * says of which formula, the second how it is run, the third after how much of a log its state is
 * taken. Three bytes each say which bytes of that are changed, and to what, so that no seed ages
 * with the format; behind a fourth of 255 stands a state as it is. Whatever loads runs on without
 * harm, and what is saved of it is loaded again and then says the same.
 */
#include "base/assert.h"
#include "engine/eval.h"
#include "lang/monpoly.h"

enum { ARENA_MAX = 1 << 22, TEXT_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char sig_text[] = "P(x:int) Q(x:int) R(x:int, y:int) W(x:int, s:string) T()";

/* Each kind of node that remembers something. */
static const char *const formulas[] = {
    "P(x) AND NOT ONCE[1,5] Q(x)",
    "(NOT Q(x)) SINCE[2,*) R(x,y)",
    "(NOT Q(x) AND NOT R(x,y)) UNTIL[1,6] R(x,y)",
    "P(x) AND EVENTUALLY[0,4] (Q(x) AND PREVIOUS P(x))",
    "c <- CNT x; y (ONCE[0,7] R(x,y))",
    "m <- MAX x; s (W(x,s) SINCE[0,9] W(x,s))",
    "<|[0,8] P(x) . (Q(x))* R(x,_)",
    "P(x) AND |>[0,5] (NOT Q(x)? .)* R(x,_)",
    "LETPAST l(x) = P(x) OR (Q(x) AND PREVIOUS l(x)) IN l(x) AND NEXT T()",
    "FRZ f(x) = P(x) IN ONCE[0,6] (f(x) AND Q(x))",
    "P(x) AND HISTORICALLY[0,3] (P(x) OR W(x,\"a\"))",
    "ONCE[2,5] ONCE[0,3] P(x)",
    "EVENTUALLY[1,4] (Q(x) OR ONCE[0,2] P(x))",
    "(NOT ONCE[0,1] Q(x)) UNTIL[0,5] ONCE[0,3] P(x)",
    "(NOT ONCE[1,3] Q(x)) SINCE[0,4] ((ONCE[0,9] R(x,y)) AND NOT ONCE[0,3] P(y))",
    "<|[0,30] P(x) (NOT Q(x))* R(x,_)",
};

static const char before[] =
    "@-3 P(1)(2) Q(1)\n@-2 R(1,1) W(2,\"a\")\n@0 P(2) R(2,1)\n@5 Q(2);@5 P(2) R(2,2)"
    " W(1,\"b\")\n@7 P(1)\n@8 ;@20 R(1,2)(3,1) Q(1)\n@21 T() W(1,\"a\")\n@23 P(3)\n@24 P(1);\n";

static const char more[] =
    "@50 P(1)(2) R(1,2) W(1,\"a\")\n@52 Q(1) R(2,2)(1,3);@52 T()\n@53 P(2) Q(2)"
    " W(2,\"b\")\n@60 R(1,1) P(1)\n@90 Q(3)\n";

struct run {
    struct fb_monpoly_stream stream;
    struct fb_monpoly_monitor *monitor;
    struct fb_buf line;
    struct fb_err err;
};

static enum fb_code keep(void *ctx, struct fb_buf *line, struct fb_err *err)
{
    (void)ctx;
    (void)line;
    (void)err;
    return FB_OK;
}

static void begin(struct run *run, const struct fb_monpoly_formula *formula,
    const struct fb_signature *signature, uint8_t how)
{
    *run = (struct run){.stream = {.memory_max = ARENA_MAX,
                            .sink = keep,
                            .line = &run->line,
                            .reorder = (how & 1) != 0,
                            .watermark = how & 1 ? 5 : 0,
                            .amend = (how & 3) == 3 ? 60 : 0,
                            .stamp = (how & 4) != 0}};
    fb_err_init(&run->err);
    fb_buf_init(&run->line, TEXT_MAX);
    enum fb_code code =
        fb_monpoly_monitor_new(formula, signature, &run->stream, &run->monitor, &run->err);
    FB_ASSERT(code == FB_OK);
}

static enum fb_code load(struct run *run, const struct fb_monpoly_formula *formula,
    const struct fb_signature *signature, uint8_t how, struct fb_str state)
{
    begin(run, formula, signature, how);
    struct fb_wire in = fb_wire_of(state);
    return fb_monpoly_monitor_load(run->monitor, &in, &run->err);
}

static void release(struct run *run)
{
    fb_monpoly_monitor_free(run->monitor);
    fb_buf_release(&run->line);
}

static enum fb_code go_on(struct run *run)
{
    enum fb_code code = fb_monpoly_monitor_feed(run->monitor, fb_str_of(more), &run->err);
    code = code ? code : fb_monpoly_monitor_advance(run->monitor, 200, &run->err);
    return code ? code : fb_monpoly_monitor_end(run->monitor, &run->err);
}

/* The state after a piece of the log, with changes; or what stands in the input. */
static void make_state(const struct fb_monpoly_formula *formula,
    const struct fb_signature *signature, const uint8_t *data, size_t size, struct fb_buf *out)
{
    if (size > 3 && data[3] == UINT8_MAX) {
        fb_buf_add(out, (const char *)data + 4, size - 4);
        return;
    }
    struct run run;
    begin(&run, formula, signature, data[1]);
    struct fb_str log = fb_str_sub(fb_str_of(before), 0, data[2] % sizeof(before));
    enum fb_code code = fb_monpoly_monitor_feed(run.monitor, log, &run.err);
    code = code ? code : fb_monpoly_monitor_save(run.monitor, out, &run.err);
    FB_ASSERT(code == FB_OK);
    for (size_t i = 3; i + 3 <= size && out->len; i += 3) {
        out->ptr[((size_t)data[i] << 8 | data[i + 1]) % out->len] = (char)data[i + 2];
    }
    release(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_arena arena;
    struct fb_signature signature;
    struct fb_monpoly_formula formula;
    struct fb_err err;
    struct run first;
    struct run second;
    struct fb_buf state;
    if (size < 3 || size > TEXT_MAX) {
        return 0;
    }
    fb_err_init(&err);
    fb_arena_init(&arena, ARENA_MAX);
    const char *text = formulas[data[0] % (sizeof(formulas) / sizeof(formulas[0]))];
    enum fb_code code = fb_monpoly_signature(fb_str_of(sig_text), &arena, &signature, &err);
    code =
        code ? code : fb_monpoly_formula_read(fb_str_of(text), &signature, &arena, &formula, &err);
    FB_ASSERT(code == FB_OK);
    fb_buf_init(&state, ARENA_MAX);
    make_state(&formula, &signature, data, size, &state);
    code = load(&first, &formula, &signature, data[1], fb_buf_str(&state));
    FB_ASSERT(code == FB_OK || (first.err.message[0] != '\0' && size > 3));
    if (code == FB_OK) {
        struct fb_buf saved;
        fb_buf_init(&saved, ARENA_MAX);
        code = fb_monpoly_monitor_save(first.monitor, &saved, &err);
        FB_ASSERT(code == FB_OK);
        code = load(&second, &formula, &signature, data[1], fb_buf_str(&saved));
        FB_ASSERT(code == FB_OK);
        code = go_on(&first);
        enum fb_code again = go_on(&second);
        FB_ASSERT(code == again);
        FB_ASSERT(fb_str_eq(fb_buf_str(&first.line), fb_buf_str(&second.line)));
        fb_buf_release(&saved);
        release(&second);
    }
    release(&first);
    fb_buf_release(&state);
    fb_arena_release(&arena);
    return 0;
}
