/*
 * Tests of src/engine/prove*.c and src/proof/check*.c: random formulas over all operators and
 * random logs. Every verdict gets a proof that the checker accepts, what is no verdict gets a proof
 * that it is none, and a proof with one change is refused. FB_RANDOM_CASES and FB_RANDOM_SEED as in
 * tests/unit/engine/test_random.c, which compares the evaluators on the same samples.
 */
#include "../engine/random_sample.h"
#include "engine/eval.h"
#include "engine/table.h"
#include "lang/monpoly.h"
#include "proof/check.h"
#include "proof/proof_file.h"
#include "proof/proof_text.h"

enum { ARENA_MAX = 1 << 28, TEXT_MAX = 1 << 20 };

static struct fb_err err;

/* One sample, read. */
struct subject {
    struct fb_arena arena;
    struct fb_signature signature;
    struct fb_monpoly_formula formula;
    struct fb_trace trace;
    struct fb_buf texts[2];
    struct fb_proofs *proofs;
    struct fb_checker *checker;
    size_t accepted; /* lemmas */
};

struct tally {
    long samples;
    long positive;
    long negative;
    long open;
    long mutants;
    long harmless;
    long lemmas;
    long other_lemmas; /* changed in what they say */
    long as_good;      /* of them, those with which all is accepted */
};

static void report(const struct subject *s, uint64_t seed, const char *what)
{
    printf("# seed %llu: %s\n# formula %.*s\n# log\n%.*s\n", (unsigned long long)seed, what,
        FB_STR_ARG(fb_buf_str(&s->texts[0])), FB_STR_ARG(fb_buf_str(&s->texts[1])));
    fail_msg("%s: %s", what, err.message);
}

/* Changes one field of the n-th step; false when there is no such field in it. */
static bool change(struct fb_proof_step *proof, struct draw *d)
{
    switch (draw(d, 6)) {
    case 0:
        proof->from += draw(d, 2) || proof->from == 0 ? 1 : (size_t)-1;
        return true;
    case 1:
        proof->to += draw(d, 2) || proof->to == 0 ? 1 : (size_t)-1;
        return true;
    case 2:
        proof->holds = !proof->holds;
        return true;
    case 3:
        proof->rule =
            (enum fb_rule)((proof->rule + 1 + draw(d, FB_RULE_COUNT - 1)) % FB_RULE_COUNT);
        return true;
    case 4: {
        bool used = proof->rule == FB_RULE_SIDE || proof->rule == FB_RULE_SPLIT ||
                    proof->rule == FB_RULE_NEXT_TO || proof->rule == FB_RULE_SOME ||
                    proof->rule == FB_RULE_ANCHOR || proof->rule == FB_RULE_BARRED ||
                    proof->rule == FB_RULE_LISTED || proof->rule == FB_RULE_TEST ||
                    proof->rule == FB_RULE_FACT || proof->rule == FB_RULE_ABSENT ||
                    proof->rule == FB_RULE_LEMMA;
        proof->at += draw(d, 2) || proof->at == 0 ? 1 : (size_t)-1;
        return used;
    }
    default: {
        if (!proof->value_count) {
            return false;
        }
        struct fb_value *values = calloc(proof->value_count, sizeof(*values));
        assert_non_null(values);
        memcpy(values, proof->values, proof->value_count * sizeof(*values));
        struct fb_value *value = &values[draw(d, (uint32_t)proof->value_count)];
        *value = value->type == FB_TYPE_INT ? fb_value_int(value->u.integer + 1 + draw(d, 2))
                                            : fb_value_int(7);
        proof->values = values; /* freed by the caller, who sees that they differ */
        return true;
    }
    }
}

static size_t steps_of(const struct fb_proof_step *proof)
{
    size_t count = 1;
    for (const struct fb_proof_step *kid = proof->kid; kid; kid = kid->next) {
        count += steps_of(kid);
    }
    return count;
}

static struct fb_proof_step *step_of(struct fb_proof_step *proof, size_t *n)
{
    if (*n == 0) {
        return proof;
    }
    --*n;
    for (struct fb_proof_step *kid = proof->kid; kid; kid = kid->next) {
        struct fb_proof_step *found = step_of(kid, n);
        if (found) {
            return found;
        }
    }
    return NULL;
}

static bool has_idle_variable(const struct fb_form *form);

static bool tests_idle_variable(const struct fb_regex *regex)
{
    return regex && (has_idle_variable(regex->test) || tests_idle_variable(regex->left) ||
                        tests_idle_variable(regex->right));
}

/* True where something is asked of some value of a variable that the rest does not speak of, as w
 * in EXISTS w. EXISTS w. P(w): every value is a witness. Depth is bounded by FB_IR_DEPTH_MAX. */
static bool has_idle_variable(const struct fb_form *form)
{
    if (!form) {
        return false;
    }
    for (size_t i = 0; form->kind == FB_FORM_EXISTS && i < form->bound_count; i++) {
        if (!(fb_form_vars(form->left) >> form->bound[i] & 1)) {
            return true;
        }
    }
    return has_idle_variable(form->left) || has_idle_variable(form->right) ||
           tests_idle_variable(form->regex);
}

/* The same step may show it of the other side or test, of another value, or by the cases of another
 * variable that has the same values: a proof too. */
static bool is_another(const struct fb_proof_step *before, const struct fb_proof_step *step,
    const struct fb_form *form)
{
    bool chosen = before->rule == FB_RULE_SIDE || before->rule == FB_RULE_TEST ||
                  before->rule == FB_RULE_SPLIT;
    bool values = step->values != before->values;
    return (chosen && step->at != before->at) || (values && before->rule == FB_RULE_SPLIT) ||
           (values && before->rule == FB_RULE_WITNESS && has_idle_variable(form));
}

/* A change is refused; the proof is as before afterwards. */
static bool mutate(const struct subject *s, const struct fb_proof_claim *claim,
    struct fb_proof_step *proof, struct draw *d, struct tally *tally)
{
    size_t n = draw(d, (uint32_t)steps_of(proof));
    struct fb_proof_step *step = step_of(proof, &n);
    struct fb_proof_step before = *step;
    bool refused = true;
    struct fb_err why;
    fb_err_init(&why);
    if (change(step, d)) {
        refused = fb_proof_check(claim, proof, &s->trace, &why) == FB_E_NEGATIVE;
        tally->mutants++;
    }
    if (!refused && is_another(&before, step, claim->form)) {
        refused = true;
        tally->mutants--;
        tally->harmless++;
    }
    if (!refused) {
        printf("# accepted: %s -> %s from %zu to %zu at %zu\n", fb_rule_name(before.rule),
            fb_rule_name(step->rule), step->from, step->to, step->at);
    }
    if (step->values != before.values) {
        free((void *)(uintptr_t)step->values);
    }
    *step = before;
    return refused;
}

/* The proof as a line of a file, read again: it proves the same, and makes the same line. */
static const char *through_file(
    struct subject *s, const struct fb_proof_claim *claim, const struct fb_proof_step *proof)
{
    struct fb_buf lines[2];
    struct fb_proof_entry entry = {.tp = claim->tp,
        .time = s->trace.times[claim->tp],
        .holds = claim->holds,
        .any = true,
        .proof = proof};
    struct fb_proof_entry back = {0};
    const struct fb_monpoly_body *body = &s->formula.plain;
    struct fb_proof_style style = {
        .trace = &s->trace, .names = body->names, .name_count = body->name_count};
    const char *wrong = NULL;
    fb_buf_init(&lines[0], TEXT_MAX);
    fb_buf_init(&lines[1], TEXT_MAX);
    FB_TEST_OK(fb_proof_write(&entry, &s->signature, &lines[0], &err));
    FB_TEST_OK(fb_proof_read(fb_buf_str(&lines[0]), &s->signature, &s->arena, &back, &err));
    FB_TEST_OK(fb_proof_write(&back, &s->signature, &lines[1], &err));
    if (!fb_str_eq(fb_buf_str(&lines[0]), fb_buf_str(&lines[1]))) {
        wrong = "a proof is another one when it was written and read";
    }
    if (fb_proof_check(claim, back.proof, &s->trace, &err) != FB_OK) {
        wrong = "a proof that was written and read is refused";
    }
    fb_buf_clear(&lines[0]);
    FB_TEST_OK(fb_proof_text(proof, claim, &style, &lines[0], &err));
    wrong = lines[0].len ? wrong : "a proof has no text";
    fb_buf_release(&lines[0]);
    fb_buf_release(&lines[1]);
    return wrong;
}

/* ---- lemmas ---- */

/* Goes through lemmas, and through the claim, from the beginning. */
static enum fb_code check_all(const struct subject *s, const struct fb_proof_lemma *lemmas,
    size_t count, const struct fb_proof_claim *claim, const struct fb_proof_step *proof)
{
    struct fb_checker *checker = NULL;
    struct fb_err why;
    fb_err_init(&why);
    enum fb_code code = fb_checker_new(claim->form, &s->trace, &checker, &why);
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        code = fb_checker_lemma(checker, &lemmas[i], &why);
    }
    code = code ? code : fb_checker_claim(checker, claim, proof, &why);
    assert_true(code == FB_OK || why.message[0]);
    fb_checker_free(checker);
    return code;
}

/* Changes what a lemma says. */
static void change_lemma(
    struct fb_proof_lemma *lemma, struct draw *d, struct fb_proof_param *params, size_t *frozen)
{
    static const struct fb_value more[] = {{.type = FB_TYPE_INT, .u.integer = 77}};
    size_t n = draw(d, (uint32_t)lemma->param_count);
    memcpy(params, lemma->params, lemma->param_count * sizeof(*params));
    switch (draw(d, lemma->frozen_count ? 7 : 6)) {
    case 0:
        lemma->tp += draw(d, 2) || lemma->tp == 0 ? 1 : (size_t)-1;
        return;
    case 1:
        lemma->holds = !lemma->holds;
        return;
    case 2:
        lemma->definition++;
        return;
    case 3:
        lemma->number += draw(d, 2) || lemma->number == 0 ? 1 : (size_t)-1;
        return;
    case 4:
        params[lemma->param_count] = params[0];
        lemma->param_count += draw(d, 2) ? 1 : (size_t)-1;
        lemma->params = params;
        return;
    case 5:
        lemma->params = params;
        if (params[n].known) {
            params[n].value = fb_value_int(params[n].value.u.integer + 1 + draw(d, 2));
        } else if (params[n].but_count) {
            params[n].but_count--;
        } else {
            params[n].but = more;
            params[n].but_count = 1;
        }
        return;
    default:
        memcpy(frozen, lemma->frozen, lemma->frozen_count * sizeof(*frozen));
        frozen[0] += draw(d, 2) || frozen[0] == 0 ? 1 : (size_t)-1;
        lemma->frozen = frozen;
        return;
    }
}

/* One lemma is changed, in its proof or in what it says. The claim with these proofs is refused,
 * unless it is as good; the opposite of it is always. */
static const char *forge(const struct subject *s, const struct fb_proof_claim *claim,
    const struct fb_proof_step *proof, struct draw *d, struct tally *tally)
{
    const struct fb_proof_lemmas *given = fb_proofs_lemmas(s->proofs);
    struct fb_proof_lemma *lemmas = calloc(given->count + 1, sizeof(*lemmas));
    struct fb_proof_param params[FB_IR_ARITY_MAX + 1];
    size_t frozen[FB_IR_DEPTH_MAX];
    struct fb_proof_claim opposite = *claim;
    const char *wrong = NULL;
    assert_non_null(lemmas);
    for (size_t i = 0; i < given->count; i++) {
        lemmas[i] = *given->items[i];
    }
    size_t n = draw(d, (uint32_t)given->count);
    opposite.holds = !claim->holds;
    struct fb_proof_step *tree = (struct fb_proof_step *)(uintptr_t)lemmas[n].proof;
    size_t at = draw(d, (uint32_t)steps_of(tree));
    struct fb_proof_step *step = step_of(tree, &at);
    struct fb_proof_step before = *step;
    if (change(step, d)) {
        bool fine = check_all(s, lemmas, given->count, claim, proof) == FB_OK;
        wrong = fine && !is_another(&before, step, claim->form)
                    ? "a changed proof of a lemma is accepted"
                    : NULL;
        if (wrong) {
            printf("# accepted in lemma %zu: %s -> %s from %zu to %zu at %zu -> %zu\n", n,
                fb_rule_name(before.rule), fb_rule_name(step->rule), step->from, step->to,
                before.at, step->at);
        }
        tally->mutants++;
        tally->harmless += fine;
    }
    if (step->values != before.values) {
        free((void *)(uintptr_t)step->values);
    }
    *step = before;
    change_lemma(&lemmas[n], d, params, frozen);
    tally->other_lemmas++;
    tally->as_good += check_all(s, lemmas, given->count, claim, proof) == FB_OK;
    if (check_all(s, lemmas, given->count, &opposite, proof) == FB_OK) {
        wrong = "a forged lemma proves the opposite";
    }
    free(lemmas);
    return wrong;
}

/* The lemmas as lines of a file, read again: the same lines. */
static const char *lemma_through_file(struct subject *s, const struct fb_proof_lemma *lemma)
{
    struct fb_buf lines[2];
    struct fb_proof_line back = {0};
    fb_buf_init(&lines[0], TEXT_MAX);
    fb_buf_init(&lines[1], TEXT_MAX);
    FB_TEST_OK(fb_proof_write_lemma(lemma, &s->signature, &lines[0], &err));
    FB_TEST_OK(fb_proof_read_line(fb_buf_str(&lines[0]), &s->signature, &s->arena, &back, &err));
    assert_int_equal(back.kind, FB_PROOF_LINE_LEMMA);
    FB_TEST_OK(fb_proof_write_lemma(&back.lemma, &s->signature, &lines[1], &err));
    bool same = fb_str_eq(fb_buf_str(&lines[0]), fb_buf_str(&lines[1]));
    const char *wrong = same ? NULL : "a lemma is another one when it was written and read";
    if (fb_checker_lemma(s->checker, &back.lemma, &err) != FB_OK) {
        wrong = "a lemma is refused";
    }
    fb_buf_release(&lines[0]);
    fb_buf_release(&lines[1]);
    return wrong;
}

/* The claim has a proof by lemmas too, as light, and its opposite has none. */
static const char *try_lemmas(struct subject *s, const struct fb_proof_claim *claim, size_t weight,
    struct draw *d, struct tally *tally)
{
    struct fb_proof_step *proof = NULL;
    struct fb_proof_step *other = NULL;
    struct fb_proof_claim opposite = *claim;
    const struct fb_proof_lemmas *given = fb_proofs_lemmas(s->proofs);
    const char *wrong = NULL;
    opposite.holds = !claim->holds;
    FB_TEST_OK(fb_proofs_prove(s->proofs, claim, &s->arena, &proof, &err));
    FB_TEST_OK(fb_proofs_prove(s->proofs, &opposite, &s->arena, &other, &err));
    if (!proof || other) {
        return proof ? "a proof of the opposite, by lemmas" : "no proof by lemmas";
    }
    for (; !wrong && s->accepted < given->count; s->accepted++) {
        wrong = lemma_through_file(s, given->items[s->accepted]);
    }
    if (wrong || fb_checker_claim(s->checker, claim, proof, &err) != FB_OK) {
        return wrong ? wrong : "a proof by lemmas is refused";
    }
    if (proof->weight != weight) {
        return "a proof by lemmas has another weight";
    }
    tally->lemmas += (long)given->count;
    return given->count ? forge(s, claim, proof, d, tally) : NULL;
}

/* What is claimed has a proof, which is accepted, and its opposite has none. */
static const char *try_claim(
    struct subject *s, const struct fb_proof_claim *claim, struct draw *d, struct tally *tally)
{
    struct fb_proof_step *proof = NULL;
    struct fb_proof_step *other = NULL;
    struct fb_proof_claim opposite = *claim;
    opposite.holds = !claim->holds;
    if (fb_prove(claim, &s->trace, &s->arena, &proof, &err) != FB_OK || !proof) {
        return claim->holds ? "a verdict without a proof" : "no proof that there is no verdict";
    }
    if (fb_proof_check(claim, proof, &s->trace, &err) != FB_OK) {
        return "a proof is refused";
    }
    if (fb_prove(&opposite, &s->trace, &s->arena, &other, &err) != FB_OK || other) {
        return "a proof of the opposite";
    }
    if (fb_proof_check(&opposite, proof, &s->trace, &err) == FB_OK) {
        return "a proof proves the opposite too";
    }
    const char *wrong = through_file(s, claim, proof);
    wrong = wrong ? wrong : try_lemmas(s, claim, proof->weight, d, tally);
    for (int i = 0; !wrong && i < 3; i++) {
        if (!mutate(s, claim, proof, d, tally)) {
            return "a changed proof is accepted";
        }
    }
    return wrong;
}

static bool in_table(
    const struct fb_table *table, const struct fb_monpoly_body *body, const struct fb_value *values)
{
    for (size_t i = 0; i < table->count; i++) {
        bool same = true;
        for (size_t k = 0; same && k < body->column_count; k++) {
            uint32_t var = body->columns[k];
            same = fb_value_eq(table->rows[i].values[var], values[var]);
        }
        if (same) {
            return true;
        }
    }
    return false;
}

/* The verdicts of a time-point, some tuples that are none, and, where there is none, that. */
static const char *try_point(struct subject *s, size_t tp, struct draw *d, struct tally *tally)
{
    const struct fb_monpoly_body *body = &s->formula.plain;
    struct fb_table table = {0};
    struct fb_proof_claim claim = {body->form, tp, body->var_count, NULL, 0, false};
    const char *wrong = NULL;
    if (fb_eval_naive_rows(
            body->form, &s->trace, tp, body->var_count, NULL, &s->arena, &table, &err)) {
        return NULL; /* a sum that overflows */
    }
    if (table.count == 0) {
        tally->open++;
        wrong = try_claim(s, &claim, d, tally);
    }
    for (size_t k = 0; k < body->column_count; k++) {
        claim.known |= (uint64_t)1 << body->columns[k];
    }
    claim.holds = true;
    for (size_t i = 0; !wrong && i < table.count; i++) {
        claim.values = table.rows[i].values;
        tally->positive++;
        wrong = try_claim(s, &claim, d, tally);
    }
    claim.holds = false;
    for (size_t i = 0; !wrong && body->column_count && i < 2; i++) {
        struct fb_value values[FB_IR_VARS_MAX] = {0};
        for (size_t k = 0; k < body->column_count; k++) {
            values[body->columns[k]] = fb_value_int(draw(d, 4));
        }
        claim.values = values;
        if (!in_table(&table, body, values)) {
            tally->negative++;
            wrong = try_claim(s, &claim, d, tally);
        }
    }
    return wrong;
}

static void subject_release(struct subject *s)
{
    fb_proofs_free(s->proofs);
    fb_checker_free(s->checker);
    fb_arena_release(&s->arena);
    fb_buf_release(&s->texts[0]);
    fb_buf_release(&s->texts[1]);
}

static void begin(struct subject *s)
{
    const struct fb_monpoly_body *body = &s->formula.plain;
    FB_TEST_OK(fb_proofs_new(body->form, &s->trace, body->var_count, &s->proofs, &err));
    FB_TEST_OK(fb_checker_new(body->form, &s->trace, &s->checker, &err));
}

/* False when the formula is outside the fragment. */
static bool subject_read(struct subject *s, const struct sample *sample)
{
    memset(s, 0, sizeof(*s));
    fb_arena_init(&s->arena, ARENA_MAX);
    fb_buf_init(&s->texts[0], TEXT_MAX);
    fb_buf_init(&s->texts[1], TEXT_MAX);
    write_node(sample->root, &s->texts[0]);
    write_log(sample, &s->texts[1]);
    FB_TEST_OK(fb_monpoly_signature(fb_str_of(sig_text), &s->arena, &s->signature, &err));
    bool read = fb_monpoly_formula_read(fb_buf_str(&s->texts[0]), &s->signature, &s->arena,
                    &s->formula, &err) == FB_OK &&
                fb_form_check(s->formula.plain.form, NULL, 0, &err) == FB_OK &&
                fb_monpoly_log(
                    fb_buf_str(&s->texts[1]), &s->signature, &s->arena, &s->trace, &err) == FB_OK;
    if (read) {
        begin(s);
    }
    return read;
}

static struct tally random_proofs(bool recursive, long *out_cases)
{
    static struct sample sample;
    struct tally tally = {0};
    const char *more = getenv("FB_RANDOM_CASES");
    const char *from = getenv("FB_RANDOM_SEED");
    long cases = more ? strtol(more, NULL, 10) : 400;
    uint64_t first = from ? strtoull(from, NULL, 10) : 1;
    for (uint64_t seed = first; seed < first + (uint64_t)cases; seed++) {
        struct draw d;
        struct subject s;
        if (recursive) {
            random_recursive(&d, &sample, seed);
        } else {
            random_sample(&d, &sample, seed);
        }
        fb_err_init(&err);
        bool read = subject_read(&s, &sample);
        const char *wrong = NULL;
        for (size_t tp = 0; read && !wrong && tp + 1 < s.trace.time_count; tp++) {
            wrong = try_point(&s, tp, &d, &tally);
        }
        if (wrong) {
            report(&s, seed, wrong);
        }
        tally.samples += read;
        subject_release(&s);
    }
    printf(
        "# proofs over %ld samples: %ld that it holds, %ld that it does not, %ld for any values; "
        "%ld changes refused, %ld harmless; %ld lemmas, %ld said otherwise, %ld as good\n",
        tally.samples, tally.positive, tally.negative, tally.open, tally.mutants, tally.harmless,
        tally.lemmas, tally.other_lemmas, tally.as_good);
    *out_cases = cases;
    return tally;
}

static void test_random_proofs(void **state)
{
    (void)state;
    long cases;
    struct tally tally = random_proofs(false, &cases);
    assert_true(tally.positive > cases && tally.negative > cases && tally.open > cases);
    assert_true(tally.mutants > 2 * cases && tally.harmless < tally.mutants / 100);
}

/* The same of recursive definitions, each judgement about which is a lemma. */
static void test_random_lemmas(void **state)
{
    (void)state;
    long cases;
    struct tally tally = random_proofs(true, &cases);
    assert_true(tally.lemmas > 10 * cases && tally.other_lemmas > cases);
    assert_true(tally.as_good < tally.other_lemmas / 10);
}

/* Reads a formula and a log of their own. */
static void subject_of(struct subject *s, const char *formula, const char *log)
{
    memset(s, 0, sizeof(*s));
    fb_err_init(&err);
    fb_arena_init(&s->arena, ARENA_MAX);
    fb_buf_init(&s->texts[0], TEXT_MAX);
    fb_buf_init(&s->texts[1], TEXT_MAX);
    FB_TEST_OK(fb_monpoly_signature(fb_str_of(sig_text), &s->arena, &s->signature, &err));
    FB_TEST_OK(
        fb_monpoly_formula_read(fb_str_of(formula), &s->signature, &s->arena, &s->formula, &err));
    FB_TEST_OK(fb_monpoly_log(fb_str_of(log), &s->signature, &s->arena, &s->trace, &err));
    begin(s);
}

#define ABSENT(from, to)                                                                           \
    "{\"rule\":\"absent\",\"holds\":false,\"from\":" #from ",\"to\":" #to ",\"relation\":\"P\"}"
#define LINE(steps) "{\"tp\":2,\"time\":9,\"holds\":false,\"steps\":[" steps "]}"
#define EVERY "{\"rule\":\"every\",\"holds\":false,\"from\":2,\"to\":2,\"kids\":1},"

/* A proof without lemmas is not deep. */
static void test_limits(void **state)
{
    (void)state;
    static const char *const formulas[] = {
        "LETPAST K(x) = P(x) OR PREVIOUS K(x) IN K(x)", "ONCE P(x)"};
    struct fb_buf log;
    struct fb_value one = fb_value_int(1);
    fb_buf_init(&log, TEXT_MAX);
    fb_buf_add_c(&log, "@0 P(1)\n");
    for (int i = 1; i < FB_PROOF_DEPTH_MAX; i++) {
        fb_buf_addf(&log, "@%d\n", i);
    }
    fb_buf_add_char(&log, '\0');
    for (int i = 0; i < 2; i++) {
        struct subject s;
        struct fb_proof_step *proof = NULL;
        subject_of(&s, formulas[i], log.ptr);
        const struct fb_monpoly_body *body = &s.formula.plain;
        struct fb_value values[FB_IR_VARS_MAX] = {0};
        values[body->columns[0]] = one;
        struct fb_proof_claim claim = {body->form, s.trace.time_count - 2, body->var_count, values,
            (uint64_t)1 << body->columns[0], true};
        if (i == 0) {
            FB_TEST_FAILS(fb_prove(&claim, &s.trace, &s.arena, &proof, &err), FB_E_LIMIT);
            assert_non_null(strstr(err.message, "2000 steps deep"));
        } else {
            FB_TEST_OK(fb_prove(&claim, &s.trace, &s.arena, &proof, &err));
            assert_int_equal(proof->weight, 1);
            assert_int_equal(proof->at, 0);
            FB_TEST_OK(fb_proof_check(&claim, proof, &s.trace, &err));
        }
        subject_release(&s);
    }
    fb_buf_release(&log);
}

/* A claim about one value at one time-point, by lemmas that the checker takes; how many. */
static size_t by_lemmas(
    struct subject *s, size_t tp, int64_t x, bool holds, struct fb_proof_step **out)
{
    const struct fb_monpoly_body *body = &s->formula.plain;
    struct fb_value values[FB_IR_VARS_MAX] = {0};
    struct fb_proof_claim claim = {
        body->form, tp, body->var_count, values, (uint64_t)1 << body->columns[0], holds};
    const struct fb_proof_lemmas *given = fb_proofs_lemmas(s->proofs);
    values[body->columns[0]] = fb_value_int(x);
    FB_TEST_OK(fb_proofs_prove(s->proofs, &claim, &s->arena, out, &err));
    assert_non_null(*out);
    for (; s->accepted < given->count; s->accepted++) {
        FB_TEST_OK(fb_checker_lemma(s->checker, given->items[s->accepted], &err));
    }
    FB_TEST_OK(fb_checker_claim(s->checker, &claim, *out, &err));
    return given->count;
}

static void long_log(struct fb_buf *log, int points)
{
    fb_buf_init(log, TEXT_MAX << 4);
    fb_buf_add_c(log, "@0 P(1)\n");
    for (int i = 1; i < points; i++) {
        fb_buf_addf(log, "@%d\n", i);
    }
    fb_buf_add_char(log, '\0');
}

/* Through a recursive definition, which goes back over 100,000 time-points, each of which is a
 * lemma; more claims take few more of them. */
static void test_long_recursion(void **state)
{
    (void)state;
    enum { POINTS = 100000 };
    struct fb_buf log;
    struct subject s;
    struct fb_proof_step *proof = NULL;
    long_log(&log, POINTS);
    subject_of(&s, "LETPAST K(x) = P(x) OR PREVIOUS K(x) IN K(x)", log.ptr);
    assert_int_equal(by_lemmas(&s, POINTS - 1, 1, true, &proof), POINTS);
    assert_int_equal(proof->weight, 1);
    assert_int_equal(by_lemmas(&s, POINTS - 2, 1, true, &proof), POINTS);
    assert_int_equal(by_lemmas(&s, POINTS - 1, 2, false, &proof), 2 * POINTS);
    assert_int_equal(proof->weight, POINTS + 1);
    subject_release(&s);
    fb_buf_release(&log);
}

/* A definition that reads itself twice: a tree would have 2^3000 leaves; lemmas are one a
 * time-point. */
static void test_many_ways(void **state)
{
    (void)state;
    enum { POINTS = 3000 };
    struct fb_buf log;
    struct subject s;
    struct fb_proof_step *proof = NULL;
    long_log(&log, POINTS);
    subject_of(&s, "LETPAST K(x) = P(x) OR ((PREVIOUS K(x)) AND ((PREVIOUS K(x)) OR P(x))) IN K(x)",
        log.ptr);
    assert_int_equal(by_lemmas(&s, POINTS - 1, 1, true, &proof), POINTS);
    assert_true(proof->weight == FB_PROOF_WEIGHT_MAX);
    subject_release(&s);
    fb_buf_release(&log);
}

/* What a file of lemmas may not do: each must come after those that it rests on. */
static void test_circles(void **state)
{
    (void)state;
    struct subject s;
    subject_of(&s, "LETPAST K(x) = P(x) OR PREVIOUS K(x) IN K(x)", "@1 Q(1)\n@2\n@3\n");
    struct fb_proof_param two = {.known = true, .value = fb_value_int(2)};
    const struct fb_value value = fb_value_int(2);
    struct fb_proof_step steps[3] = {{.rule = FB_RULE_SIDE, .holds = true, .at = 1},
        {.rule = FB_RULE_NEXT_TO, .holds = true},
        {.rule = FB_RULE_LEMMA, .holds = true, .values = &value, .value_count = 1}};
    struct fb_proof_lemma lemma = {.tp = 1, .holds = true, .params = &two, .param_count = 1};
    lemma.proof = steps;
    steps[0].kid = &steps[1];
    steps[1].kid = &steps[2];
    for (size_t i = 0; i < 3; i++) {
        steps[i].from = steps[i].to = i < 2;
        steps[i].seq = FB_WHY_NO_RECORD;
    }
    static const struct {
        size_t number, tp, rests;
        const char *why;
    } rows[] = {{0, 1, 0, "no such lemma"}, {0, 1, 1, "no such lemma"}, {1, 1, 0, "order"},
        {0, 9, 0, "no such time-point"}, {0, 1, SIZE_MAX, "no such lemma"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        lemma.number = rows[i].number;
        lemma.tp = rows[i].tp;
        steps[2].at = rows[i].rests;
        FB_TEST_FAILS(fb_checker_lemma(s.checker, &lemma, &err), FB_E_NEGATIVE);
        assert_non_null(strstr(err.message, rows[i].why));
    }
    lemma.number = 0;
    lemma.tp = 1;
    lemma.definition = 1;
    FB_TEST_FAILS(fb_checker_lemma(s.checker, &lemma, &err), FB_E_NEGATIVE);
    lemma.definition = 0;
    two.known = false;
    FB_TEST_FAILS(fb_checker_lemma(s.checker, &lemma, &err), FB_E_NEGATIVE);
    lemma.param_count = 0;
    FB_TEST_FAILS(fb_checker_lemma(s.checker, &lemma, &err), FB_E_NEGATIVE);
    subject_release(&s);
}

/* The lines of a file. */
static void test_lines(void **state)
{
    (void)state;
#define OF(of)                                                                                     \
    "{\"lemma\":0,\"letpast\":0,\"tp\":0,\"holds\":true,\"of\":" of ",\"steps\":[" ABSENT(0, 2) "]}"
    static const struct {
        const char *line;
        enum fb_code code;
    } rows[] = {{"{\"version\":2}", FB_OK}, {"{\"version\":1}", FB_OK},
        {"{\"version\":3}", FB_E_UNSUPPORTED}, {"{\"version\":0}", FB_E_UNSUPPORTED},
        {"{\"version\":2,\"tp\":1}", FB_E_SCHEMA}, {OF("[1,{\"but\":[]}]"), FB_OK},
        {OF("[{\"but\":[1,{\"float\":1.5}]}]"), FB_OK}, {OF("[{\"but\":1}]"), FB_E_SCHEMA},
        {OF("[{\"but\":[],\"float\":1}]"), FB_E_SCHEMA}, {OF("1"), FB_E_SCHEMA},
        {OF("[[]]"), FB_E_SCHEMA}, {"{\"lemma\":0}", FB_E_SCHEMA},
        {"{\"lemma\":0,\"letpast\":0,\"frozen\":[-1],\"tp\":0,\"holds\":true,\"of\":[],"
         "\"steps\":[]}",
            FB_E_SCHEMA},
        {"{\"lemma\":0,\"letpast\":0,\"frozen\":1,\"tp\":0,\"holds\":true,\"of\":[],\"steps\":[]}",
            FB_E_SCHEMA},
        {"{\"lemma\":0,\"letpast\":0,\"tp\":0,\"holds\":true,\"of\":[],\"steps\":[]}",
            FB_E_SCHEMA}};
    struct subject s;
    subject_of(&s, "ONCE P(x)", "@7 Q(1)\n@8\n@9\n@9 P(1)\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fb_proof_line line;
        fb_err_init(&err);
        enum fb_code code =
            fb_proof_read_line(fb_str_of(rows[i].line), &s.signature, &s.arena, &line, &err);
        if (code != rows[i].code) {
            fail_msg("%s: %s", rows[i].line, err.message);
        }
    }
    subject_release(&s);
}

/* Any value is a witness of a variable that nothing is asked of; of another, only its own. */
static void test_idle_witness(void **state)
{
    (void)state;
    static const struct {
        const char *formula;
        enum fb_code check; /* of the proof with another value in its first step */
    } rows[] = {{"EXISTS x. P(x)", FB_E_NEGATIVE}, {"EXISTS x. (EXISTS x. P(x))", FB_OK},
        {"EXISTS x, y. P(x)", FB_OK}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct subject s;
        struct fb_proof_step *proof = NULL;
        subject_of(&s, rows[i].formula, "@1 P(1)\n@2\n");
        struct fb_proof_claim claim = {
            s.formula.plain.form, 0, s.formula.plain.var_count, NULL, 0, true};
        FB_TEST_OK(fb_prove(&claim, &s.trace, &s.arena, &proof, &err));
        FB_TEST_OK(fb_proof_check(&claim, proof, &s.trace, &err));
        assert_int_equal(proof->rule, FB_RULE_WITNESS);
        assert_int_equal(has_idle_variable(claim.form), rows[i].check == FB_OK);
        struct fb_value values[FB_IR_VARS_MAX];
        memcpy(values, proof->values, proof->value_count * sizeof(*values));
        values[proof->value_count - 1] = fb_value_int(7);
        proof->values = values;
        assert_int_equal(fb_proof_check(&claim, proof, &s.trace, &err), rows[i].check);
        subject_release(&s);
    }
}

/* By hand, against a log in which P(x) comes once: at time-point 3. */
static void test_by_hand(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum fb_code read;
        enum fb_code check;
    } rows[] = {
        {LINE(EVERY ABSENT(0, 2)), FB_OK, FB_OK},
        {LINE(EVERY ABSENT(1, 2)), FB_OK, FB_E_NEGATIVE},
        {LINE(EVERY ABSENT(0, 3)), FB_OK, FB_E_NEGATIVE},
        {LINE(EVERY ABSENT(0, 1)), FB_OK, FB_E_NEGATIVE},
        {LINE(ABSENT(2, 2)), FB_OK, FB_E_NEGATIVE},
        {LINE(EVERY), FB_E_SYNTAX, FB_OK},
        {LINE("{\"rule\":\"every\",\"holds\":false,\"from\":2,\"to\":2,\"kids\":1}"), FB_E_SCHEMA,
            FB_OK},
        {LINE(ABSENT(0, 2) "," ABSENT(0, 2)), FB_E_SCHEMA, FB_OK},
        {LINE("{\"rule\":\"perhaps\",\"holds\":false,\"from\":2,\"to\":2}"), FB_E_SCHEMA, FB_OK},
        {LINE("{\"rule\":\"never\",\"holds\":false,\"from\":2,\"to\":-2}"), FB_E_SCHEMA, FB_OK},
        {LINE("{\"rule\":\"never\",\"holds\":1,\"from\":2,\"to\":2}"), FB_E_SCHEMA, FB_OK},
        {LINE("{\"rule\":\"never\",\"holds\":false,\"from\":2,\"to\":2,\"why\":2}"), FB_E_SCHEMA,
            FB_OK},
        {LINE("{\"rule\":\"fact\",\"holds\":true,\"from\":2,\"to\":2,\"relation\":\"no\"}"),
            FB_E_SCHEMA, FB_OK},
        {LINE(""), FB_E_SCHEMA, FB_OK},
        {"{\"tp\":2}", FB_E_SCHEMA, FB_OK},
        {"[]", FB_E_SCHEMA, FB_OK},
    };
    struct subject s;
    subject_of(&s, "ONCE P(x)", "@7 Q(1)\n@8\n@9\n@9 P(1)\n");
    struct fb_proof_claim claim = {
        s.formula.plain.form, 2, s.formula.plain.var_count, NULL, 0, false};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fb_proof_entry entry;
        fb_err_init(&err);
        enum fb_code code =
            fb_proof_read(fb_str_of(rows[i].line), &s.signature, &s.arena, &entry, &err);
        if (code != rows[i].read) {
            fail_msg("%s: %s", rows[i].line, err.message);
        }
        assert_true(code == FB_OK || err.message[0]);
        if (code == FB_OK) {
            assert_int_equal(fb_proof_check(&claim, entry.proof, &s.trace, &err), rows[i].check);
        }
    }
    subject_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_proofs),
        cmocka_unit_test(test_random_lemmas), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_long_recursion), cmocka_unit_test(test_many_ways),
        cmocka_unit_test(test_circles), cmocka_unit_test(test_lines),
        cmocka_unit_test(test_idle_witness), cmocka_unit_test(test_by_hand)};
    return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
