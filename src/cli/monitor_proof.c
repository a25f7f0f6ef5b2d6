/* `flyball monitor`: proofs of verdicts. */
#include "cli/monitor_proof.h"

#include <inttypes.h>
#include <string.h>

#include "base/assert.h"
#include "engine/eval.h"
#include "proof/check.h"
#include "proof/proof_file.h"
#include "proof/proof_text.h"

enum { TEXT_MAX = 1 << 30, PROOF_MAX = 1 << 30 };

#define LOG_MAX ((size_t)1 << 32)

bool fb_explainer_wanted(const struct fb_cli *cli)
{
    return fb_cli_value(cli, "explain") || fb_cli_value(cli, "explain-at") ||
           fb_cli_value(cli, "proof") || fb_cli_value(cli, "check");
}

enum fb_code fb_explainer_open(struct fb_cli *cli, const struct fb_signature *signature,
    const struct fb_monpoly_formula *formula, struct fb_explainer *out, struct fb_err *err)
{
    FB_ASSERT(cli && signature && formula && out);
    const char *file = fb_cli_value(cli, "proof");
    const char *path = fb_cli_value(cli, "log");
    memset(out, 0, sizeof(*out));
    out->cli = cli;
    out->formula = formula;
    fb_arena_init(&out->arena, LOG_MAX);
    fb_buf_init(&out->log, LOG_MAX);
    fb_buf_init(&out->out, TEXT_MAX);
    fb_buf_init(&out->line, TEXT_MAX);
    enum fb_code code = fb_io_read(path, &out->log, err);
    code = code ? code
                : fb_monpoly_log(fb_buf_str(&out->log), signature, &out->arena, &out->trace, err);
    if (code != FB_OK && err->line > 0) {
        fb_err_place(err, path, err->line, err->column, -1);
    }
    const struct fb_form *form = formula->plain.form;
    code = code ? code : fb_checker_new(form, &out->trace, &out->checker, err);
    code = code ? code
                : fb_proofs_new(form, &out->trace, formula->plain.var_count, &out->proving, err);
    if (code == FB_OK && file) {
        code = fb_io_writer_open(&out->file, file, 0644, err);
        out->has_file = code == FB_OK;
    }
    if (out->has_file) {
        fb_proof_write_version(&out->line);
        code = fb_io_writer_add(&out->file, fb_buf_str(&out->line), err);
    }
    return code;
}

void fb_explainer_close(struct fb_explainer *x)
{
    FB_ASSERT(x);
    if (x->has_file) {
        fb_io_writer_drop(&x->file);
    }
    fb_proofs_free(x->proving);
    fb_checker_free(x->checker);
    fb_proof_told_release(&x->told);
    fb_arena_release(&x->arena);
    fb_buf_release(&x->log);
    fb_buf_release(&x->out);
    fb_buf_release(&x->line);
}

enum fb_code fb_explainer_keep(struct fb_explainer *x, struct fb_err *err)
{
    FB_ASSERT(x);
    if (!x->has_file) {
        return FB_OK;
    }
    x->has_file = false;
    return fb_io_writer_keep(&x->file, fb_cli_value(x->cli, "proof"), err);
}

/* The claim that a tuple, or for NULL any tuple, is (not) a verdict. room holds its values. */
static struct fb_proof_claim claim_of(const struct fb_explainer *x, size_t tp,
    const struct fb_value *columns, bool holds, struct fb_value room[FB_IR_VARS_MAX])
{
    const struct fb_monpoly_body *body = &x->formula->plain;
    struct fb_proof_claim claim = {body->form, tp, body->var_count, room, 0, holds};
    memset(room, 0, FB_IR_VARS_MAX * sizeof(*room));
    for (size_t k = 0; columns && k < body->column_count; k++) {
        room[body->columns[k]] = columns[k];
        claim.known |= (uint64_t)1 << body->columns[k];
    }
    return claim;
}

/* Adds what stands in `line` to the file. */
static enum fb_code add_line(struct fb_explainer *x, struct fb_err *err)
{
    return fb_io_writer_add(&x->file, fb_buf_str(&x->line), err);
}

/* Checks the lemmas that are new, and writes them to the file. */
static enum fb_code add_lemmas(struct fb_explainer *x, struct fb_err *err)
{
    const struct fb_proof_lemmas *lemmas = fb_proofs_lemmas(x->proving);
    enum fb_code code = FB_OK;
    for (; code == FB_OK && x->written < lemmas->count; x->written++) {
        const struct fb_proof_lemma *lemma = lemmas->items[x->written];
        code = fb_checker_lemma(x->checker, lemma, err);
        if (code == FB_OK && x->has_file) {
            fb_buf_clear(&x->line);
            code = fb_proof_write_lemma(lemma, x->trace.signature, &x->line, err);
            code = code ? code : add_line(x, err);
        }
    }
    return code;
}

/* Prints a proof and writes it to the file. */
static enum fb_code show(struct fb_explainer *x, const struct fb_proof_claim *claim,
    const struct fb_proof_step *proof, const struct fb_value *columns, struct fb_err *err)
{
    const struct fb_monpoly_body *body = &x->formula->plain;
    const struct fb_proof_style style = {
        &x->trace, body->names, body->name_count, 4, fb_proofs_lemmas(x->proving), &x->told};
    enum fb_code code = FB_OK;
    if (x->has_file) {
        struct fb_proof_entry entry = {.tp = claim->tp,
            .time = x->trace.times[claim->tp],
            .holds = claim->holds,
            .any = !columns,
            .values = columns,
            .value_count = body->column_count,
            .proof = proof};
        fb_buf_clear(&x->line);
        code = fb_proof_write(&entry, x->trace.signature, &x->line, err);
        code = code ? code : add_line(x, err);
    }
    if (fb_cli_value(x->cli, "explain") || fb_cli_value(x->cli, "explain-at")) {
        code = code ? code : fb_proof_text(proof, claim, &style, &x->out, err);
        code = code ? code : fb_buf_check(&x->out, "the explanation", err);
        code = code ? code : fb_cli_print(x->cli, &x->out, err);
    }
    fb_buf_clear(&x->out);
    return code;
}

/* Finds the proof, checks it and shows it. */
static enum fb_code explain(struct fb_explainer *x, const struct fb_proof_claim *claim,
    const struct fb_value *columns, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_proof_step *proof = NULL;
    fb_arena_init(&arena, PROOF_MAX);
    enum fb_code code = fb_proofs_prove(x->proving, claim, &arena, &proof, err);
    if (code == FB_OK && !proof) {
        code = fb_err_set(
            err, FB_E_MISMATCH, "there is no proof of a verdict at time-point %zu", claim->tp);
    }
    code = code ? code : add_lemmas(x, err);
    code = code ? code : fb_checker_claim(x->checker, claim, proof, err);
    code = code ? code : show(x, claim, proof, columns, err);
    x->proofs += code == FB_OK;
    fb_arena_release(&arena);
    return code;
}

static void add_tuple(struct fb_buf *out, const struct fb_value *values, size_t count)
{
    fb_buf_add_c(out, "  (");
    for (size_t i = 0; i < count; i++) {
        bool text = values[i].type == FB_TYPE_STRING;
        fb_buf_add_c(out, i ? "," : "");
        fb_buf_add_c(out, text ? "\"" : "");
        fb_value_write(values[i], out);
        fb_buf_add_c(out, text ? "\"" : "");
    }
    fb_buf_add_c(out, ") because\n");
}

/* Why a tuple (a value for each column) is a verdict of a time-point. */
static enum fb_code explain_row(
    void *ctx, size_t tp, const struct fb_value *values, struct fb_err *err)
{
    struct fb_explainer *x = ctx;
    struct fb_value room[FB_IR_VARS_MAX];
    size_t columns = x->formula->plain.column_count;
    struct fb_proof_claim claim = claim_of(x, tp, values, true, room);
    if (columns) {
        add_tuple(&x->out, values, columns);
    } else {
        fb_buf_add_c(&x->out, "  because\n");
    }
    return explain(x, &claim, values, err);
}

/* Explains each row of a time-point. */
static enum fb_code explain_rows(
    struct fb_explainer *x, size_t tp, const struct fb_table *rows, struct fb_err *err)
{
    const struct fb_monpoly_body *body = &x->formula->plain;
    struct fb_value values[FB_IR_VARS_MAX];
    enum fb_code code = FB_OK;
    for (size_t i = 0; code == FB_OK && i < rows->count; i++) {
        for (size_t k = 0; k < body->column_count; k++) {
            values[k] = rows->rows[i].values[body->columns[k]];
        }
        code = explain_row(x, tp, values, err);
    }
    return code;
}

/* A time-point by the naive evaluator. */
static enum fb_code explain_point(struct fb_explainer *x, size_t tp, struct fb_err *err)
{
    const struct fb_monpoly_body *body = &x->formula->plain;
    struct fb_arena arena;
    struct fb_table rows = {0};
    fb_arena_init(&arena, PROOF_MAX);
    enum fb_code code =
        fb_eval_naive_rows(body->form, &x->trace, tp, body->var_count, NULL, &arena, &rows, err);
    if (code == FB_OK && rows.count) {
        code = fb_monpoly_verdict(x->formula, &x->trace, tp, PROOF_MAX, &x->out, err);
        code = code ? code : fb_cli_print(x->cli, &x->out, err);
        fb_buf_clear(&x->out);
    }
    code = code ? code : explain_rows(x, tp, &rows, err);
    fb_arena_release(&arena);
    return code;
}

static enum fb_code take_line(void *ctx, struct fb_buf *line, struct fb_err *err)
{
    enum fb_code code = fb_cli_print(((struct fb_explainer *)ctx)->cli, line, err);
    fb_buf_clear(line);
    return code;
}

enum fb_code fb_explainer_run(struct fb_explainer *x, struct fb_err *err)
{
    FB_ASSERT(x);
    struct fb_buf line;
    struct fb_monpoly_stream stream = {
        .sink = take_line, .row = explain_row, .ctx = x, .line = &line, .threads = 1};
    struct fb_monpoly_monitor *monitor = NULL;
    enum fb_code code = FB_E_UNSUPPORTED;
    fb_buf_init(&line, TEXT_MAX);
    if (!fb_cli_value(x->cli, "naive")) {
        code = fb_monpoly_monitor_new(x->formula, x->trace.signature, &stream, &monitor, err);
    }
    if (code == FB_E_UNSUPPORTED) {
        fb_err_init(err);
        code = FB_OK;
        for (size_t tp = 0; code == FB_OK && tp + 1 < x->trace.time_count; tp++) {
            code = explain_point(x, tp, err);
        }
    } else {
        code = code ? code : fb_monpoly_monitor_feed(monitor, fb_buf_str(&x->log), err);
        code = code ? code : fb_monpoly_monitor_end(monitor, err);
    }
    fb_monpoly_monitor_free(monitor);
    fb_buf_release(&line);
    return code;
}

enum fb_code fb_explainer_at(struct fb_explainer *x, struct fb_err *err)
{
    FB_ASSERT(x);
    const struct fb_monpoly_body *body = &x->formula->plain;
    uint64_t tp = 0;
    struct fb_table rows = {0};
    struct fb_value room[FB_IR_VARS_MAX];
    size_t points = x->trace.time_count - 1;
    if (!fb_str_u64(fb_str_of(fb_cli_value(x->cli, "explain-at")), &tp)) {
        return fb_cli_misused(x->cli, err, "--explain-at is the number of a time-point");
    }
    if (tp >= points) {
        (void)fb_err_set(err, FB_E_RANGE, "the log has no time-point %" PRIu64, tp);
        return fb_err_hint(err, "It has %zu, counted from 0.", points);
    }
    enum fb_code code = fb_eval_naive_rows(
        body->form, &x->trace, (size_t)tp, body->var_count, NULL, &x->arena, &rows, err);
    if (code == FB_OK && rows.count) {
        return explain_point(x, (size_t)tp, err);
    }
    struct fb_proof_claim claim = claim_of(x, (size_t)tp, NULL, false, room);
    fb_buf_addf(&x->out, "@%" PRId64 " (time point %" PRIu64 "): %s\n  because\n",
        x->trace.times[tp], tp, body->column_count ? "no tuple" : "false");
    return code ? code : explain(x, &claim, NULL, err);
}

static enum fb_code check_entry(
    struct fb_explainer *x, const struct fb_proof_entry *entry, struct fb_err *err)
{
    struct fb_value room[FB_IR_VARS_MAX];
    bool fits = entry->any || entry->value_count == x->formula->plain.column_count;
    if (!fits || entry->tp + 1 >= x->trace.time_count || entry->time != x->trace.times[entry->tp]) {
        return fb_err_set(err, FB_E_NEGATIVE, "a proof is not about this formula and log");
    }
    struct fb_proof_claim claim =
        claim_of(x, entry->tp, entry->any ? NULL : entry->values, entry->holds, room);
    enum fb_code code = fb_checker_claim(x->checker, &claim, entry->proof, err);
    x->proofs += code == FB_OK;
    return code;
}

/* One line of a file of proofs; *version is what its first line says. */
static enum fb_code check_line(
    struct fb_explainer *x, struct fb_str text, size_t *version, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_proof_line line = {0};
    fb_arena_init(&arena, PROOF_MAX);
    enum fb_code code = fb_proof_read_line(text, x->trace.signature, &arena, &line, err);
    if (code == FB_OK && line.kind == FB_PROOF_LINE_VERSION) {
        bool first = *version == 0;
        *version = line.version;
        code = first ? FB_OK
                     : fb_err_set(err, FB_E_SCHEMA, "the version stands in the first line alone");
    } else if (code == FB_OK && line.kind == FB_PROOF_LINE_LEMMA) {
        bool may = *version >= 2;
        code = may ? fb_checker_lemma(x->checker, &line.lemma, err)
                   : fb_err_set(err, FB_E_SCHEMA, "a file of version 1 has no lemmas");
    } else if (code == FB_OK) {
        *version = *version ? *version : 1;
        code = check_entry(x, &line.entry, err);
    }
    fb_arena_release(&arena);
    return code;
}

enum fb_code fb_explainer_check(struct fb_explainer *x, struct fb_err *err)
{
    FB_ASSERT(x);
    const char *path = fb_cli_value(x->cli, "check");
    struct fb_str line;
    uint32_t number = 0;
    size_t version = 0;
    fb_buf_clear(&x->line);
    enum fb_code code = fb_io_read(path, &x->line, err);
    struct fb_str rest = fb_buf_str(&x->line);
    while (code == FB_OK && fb_str_line(&rest, &line)) {
        number++;
        code = line.len ? check_line(x, line, &version, err) : FB_OK;
    }
    if (code != FB_OK && number) {
        err->line = 0; /* that of the line itself is 1 */
        fb_err_place(err, path, number, err->column, -1);
    }
    if (code == FB_OK) {
        fb_buf_addf(
            &x->out, "%zu proof%s checked, all right\n", x->proofs, x->proofs == 1 ? "" : "s");
        code = fb_cli_print(x->cli, &x->out, err);
    }
    return code;
}
