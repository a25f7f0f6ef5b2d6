/* fuzz_proof.c: a line of a file of proofs. What is read is written and read as the same; the
 * checker accepts it or says why not, and what it accepts is true. */
#include "base/assert.h"
#include "engine/eval.h"
#include "lang/monpoly.h"
#include "proof/check.h"
#include "proof/proof_file.h"
#include "proof/proof_text.h"

enum { ARENA_MAX = 1 << 26, TEXT_MAX = 1 << 20, INPUT_MAX = 1 << 14 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char formula_text[] =
    "(LETPAST K(x) = P(x) OR (PREVIOUS K(x) AND NOT Q(x)) IN K(x)) AND NOT ((NOT Q(x)) SINCE[0,3] "
    "R(x,_)) AND (EXISTS y. (y <- CNT u (ONCE P(u)))) AND ((<| (P(x)) .* ) OR x < 2)";
static const char log_text[] = "@1 P(1) P(2) R(1,2)\n@2 Q(1)\n@4 R(2,2)\n@9 P(1)\n";

/* The claim of an entry about the fixed formula; false when it is about none. */
static bool claim_of(const struct fb_proof_entry *entry, const struct fb_monpoly_body *body,
    const struct fb_trace *trace, struct fb_value *values, struct fb_proof_claim *out)
{
    *out = (struct fb_proof_claim){body->form, entry->tp, body->var_count, values, 0, entry->holds};
    for (size_t k = 0; !entry->any && k < entry->value_count && k < body->column_count; k++) {
        values[body->columns[k]] = entry->values[k];
        out->known |= (uint64_t)1 << body->columns[k];
    }
    return entry->tp < trace->time_count;
}

/* What was accepted is what the evaluator says. */
static void compare(const struct fb_proof_claim *claim, const struct fb_trace *trace,
    struct fb_arena *arena, struct fb_err *err)
{
    struct fb_table table = {0};
    bool there = false;
    enum fb_code code = fb_eval_naive_rows(
        claim->form, trace, claim->tp, claim->var_count, NULL, arena, &table, err);
    for (size_t i = 0; code == FB_OK && i < table.count; i++) {
        bool same = true;
        for (size_t v = 0; v < claim->var_count; v++) {
            same = same && (!(claim->known >> v & 1) ||
                               fb_value_eq(table.rows[i].values[v], claim->values[v]));
        }
        there = there || same;
    }
    FB_ASSERT(code || there == claim->holds);
}

static void check(const struct fb_proof_entry *entry, const struct fb_monpoly_body *body,
    const struct fb_trace *trace, struct fb_arena *arena, struct fb_err *err)
{
    struct fb_value values[FB_IR_VARS_MAX] = {0};
    struct fb_proof_claim claim;
    if (!claim_of(entry, body, trace, values, &claim)) {
        return;
    }
    enum fb_code code = fb_proof_check(&claim, entry->proof, trace, err);
    FB_ASSERT(code == FB_OK || err->message[0] != '\0');
    if (code == FB_OK) {
        struct fb_buf text;
        struct fb_proof_style style = {trace, body->names, body->name_count, 0};
        fb_buf_init(&text, TEXT_MAX);
        fb_proof_text(entry->proof, &claim, &style, &text);
        FB_ASSERT(text.len > 0);
        fb_buf_release(&text);
        compare(&claim, trace, arena, err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_arena arena;
    struct fb_err err;
    struct fb_signature signature;
    struct fb_monpoly_formula formula;
    struct fb_trace trace;
    struct fb_proof_entry entry;
    struct fb_proof_entry again;
    struct fb_buf lines[2];
    if (size > INPUT_MAX) {
        return 0;
    }
    fb_err_init(&err);
    fb_arena_init(&arena, ARENA_MAX);
    fb_buf_init(&lines[0], TEXT_MAX);
    fb_buf_init(&lines[1], TEXT_MAX);
    enum fb_code code =
        fb_monpoly_signature(FB_STR("P(x:int) Q(x:int) R(x:int, y:int)"), &arena, &signature, &err);
    code =
        code ? code
             : fb_monpoly_formula_read(fb_str_of(formula_text), &signature, &arena, &formula, &err);
    code = code ? code : fb_monpoly_log(fb_str_of(log_text), &signature, &arena, &trace, &err);
    FB_ASSERT(code == FB_OK);
    struct fb_str line = {(const char *)data, size};
    code = fb_proof_read(line, &signature, &arena, &entry, &err);
    FB_ASSERT(code == FB_OK || err.message[0] != '\0');
    if (code == FB_OK && fb_proof_write(&entry, &signature, &lines[0], &err) == FB_OK) {
        code = fb_proof_read(fb_buf_str(&lines[0]), &signature, &arena, &again, &err);
        FB_ASSERT(code == FB_OK || code == FB_E_NOMEM || code == FB_E_LIMIT);
        code = code ? code : fb_proof_write(&again, &signature, &lines[1], &err);
        FB_ASSERT(code || fb_str_eq(fb_buf_str(&lines[0]), fb_buf_str(&lines[1])));
        check(&entry, &formula.plain, &trace, &arena, &err);
    }
    fb_buf_release(&lines[0]);
    fb_buf_release(&lines[1]);
    fb_arena_release(&arena);
    return 0;
}
