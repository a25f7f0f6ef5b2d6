/* fuzz_proof.c: the lines of a file of proofs, lemmas among them. What is read is written and read
 * as the same; the checker accepts it or says why not, and what it accepts is true. */
#include "base/assert.h"
#include "engine/eval.h"
#include "lang/monpoly.h"
#include "proof/check.h"
#include "proof/proof_file.h"
#include "proof/proof_text.h"

enum { ARENA_MAX = 1 << 26, TEXT_MAX = 1 << 20, INPUT_MAX = 1 << 14, LEMMAS_MAX = 256 };

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

/* What the lines are about, and the lemmas that were accepted. */
struct target {
    struct fb_signature signature;
    struct fb_monpoly_formula formula;
    struct fb_trace trace;
    struct fb_checker *checker;
    struct fb_proof_lemmas lemmas;
    struct fb_proof_told told;
};

static void check_claim(const struct fb_proof_entry *entry, struct target *target,
    struct fb_arena *arena, struct fb_err *err)
{
    struct fb_value values[FB_IR_VARS_MAX] = {0};
    struct fb_proof_claim claim;
    const struct fb_monpoly_body *body = &target->formula.plain;
    const struct fb_trace *trace = &target->trace;
    if (!claim_of(entry, body, trace, values, &claim)) {
        return;
    }
    enum fb_code code = fb_checker_claim(target->checker, &claim, entry->proof, err);
    FB_ASSERT(code == FB_OK || err->message[0] != '\0');
    if (code == FB_OK) {
        struct fb_buf text;
        struct fb_proof_style style = {
            trace, body->names, body->name_count, 0, &target->lemmas, &target->told};
        fb_buf_init(&text, TEXT_MAX);
        code = fb_proof_text(entry->proof, &claim, &style, &text, err);
        FB_ASSERT(text.len > 0);
        fb_buf_release(&text);
        compare(&claim, trace, arena, err);
    }
}

/* A lemma that is accepted is kept for the text. */
static void check_lemma(const struct fb_proof_lemma *lemma, struct target *target,
    struct fb_arena *arena, struct fb_err *err)
{
    enum fb_code code = fb_checker_lemma(target->checker, lemma, err);
    FB_ASSERT(code == FB_OK || err->message[0] != '\0');
    if (code == FB_OK && target->lemmas.count < LEMMAS_MAX) {
        struct fb_proof_lemma *kept = FB_ARENA_NEW(arena, struct fb_proof_lemma);
        FB_ASSERT(kept);
        *kept = *lemma;
        target->lemmas.items[target->lemmas.count++] = kept;
    }
}

static enum fb_code write_line(const struct fb_proof_line *line,
    const struct fb_signature *signature, struct fb_buf *out, struct fb_err *err)
{
    fb_buf_clear(out);
    if (line->kind == FB_PROOF_LINE_VERSION) {
        fb_proof_write_version(out);
        return FB_OK;
    }
    return line->kind == FB_PROOF_LINE_LEMMA
               ? fb_proof_write_lemma(&line->lemma, signature, out, err)
               : fb_proof_write(&line->entry, signature, out, err);
}

/* One line. */
static void take_line(
    struct fb_str text, struct target *target, struct fb_arena *arena, struct fb_err *err)
{
    struct fb_proof_line line;
    struct fb_proof_line again;
    struct fb_buf lines[2];
    fb_buf_init(&lines[0], TEXT_MAX);
    fb_buf_init(&lines[1], TEXT_MAX);
    enum fb_code code = fb_proof_read_line(text, &target->signature, arena, &line, err);
    FB_ASSERT(code == FB_OK || err->message[0] != '\0');
    if (code == FB_OK && write_line(&line, &target->signature, &lines[0], err) == FB_OK) {
        code = fb_proof_read_line(fb_buf_str(&lines[0]), &target->signature, arena, &again, err);
        FB_ASSERT(code == FB_OK || code == FB_E_NOMEM || code == FB_E_LIMIT);
        code = code ? code : write_line(&again, &target->signature, &lines[1], err);
        FB_ASSERT(code || fb_str_eq(fb_buf_str(&lines[0]), fb_buf_str(&lines[1])));
        FB_ASSERT(code || again.kind == line.kind);
        if (line.kind == FB_PROOF_LINE_LEMMA) {
            check_lemma(&line.lemma, target, arena, err);
        } else if (line.kind == FB_PROOF_LINE_CLAIM) {
            check_claim(&line.entry, target, arena, err);
        }
    }
    fb_buf_release(&lines[0]);
    fb_buf_release(&lines[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_arena arena;
    struct fb_err err;
    const struct fb_proof_lemma *lemmas[LEMMAS_MAX];
    struct target target = {.lemmas = {lemmas, 0, LEMMAS_MAX}};
    if (size > INPUT_MAX) {
        return 0;
    }
    fb_err_init(&err);
    fb_arena_init(&arena, ARENA_MAX);
    enum fb_code code = fb_monpoly_signature(
        FB_STR("P(x:int) Q(x:int) R(x:int, y:int)"), &arena, &target.signature, &err);
    code = code ? code
                : fb_monpoly_formula_read(
                      fb_str_of(formula_text), &target.signature, &arena, &target.formula, &err);
    code =
        code ? code
             : fb_monpoly_log(fb_str_of(log_text), &target.signature, &arena, &target.trace, &err);
    code = code ? code
                : fb_checker_new(target.formula.plain.form, &target.trace, &target.checker, &err);
    FB_ASSERT(code == FB_OK);
    struct fb_str rest = {(const char *)data, size};
    struct fb_str line;
    while (fb_str_line(&rest, &line)) {
        fb_err_init(&err);
        take_line(line, &target, &arena, &err);
    }
    fb_proof_told_release(&target.told);
    fb_checker_free(target.checker);
    fb_arena_release(&arena);
    return 0;
}
