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
};

struct tally {
    long samples;
    long positive;
    long negative;
    long open;
    long mutants;
    long harmless;
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
                    proof->rule == FB_RULE_FACT || proof->rule == FB_RULE_ABSENT;
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
    return has_idle_variable(form->left) || has_idle_variable(form->right);
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
    bool other =
        ((before.rule == FB_RULE_SIDE || before.rule == FB_RULE_TEST) && step->at != before.at) ||
        (before.rule == FB_RULE_SPLIT && step->values != before.values) ||
        (before.rule == FB_RULE_WITNESS && step->values != before.values &&
            has_idle_variable(claim->form));
    if (!refused && other) {
        /* The same step shows it of the other side or test, or of another value: a proof too. */
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
    struct fb_proof_style style = {&s->trace, body->names, body->name_count, 0};
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
    fb_proof_text(proof, claim, &style, &lines[0]);
    wrong = lines[0].len ? wrong : "a proof has no text";
    fb_buf_release(&lines[0]);
    fb_buf_release(&lines[1]);
    return wrong;
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
    fb_arena_release(&s->arena);
    fb_buf_release(&s->texts[0]);
    fb_buf_release(&s->texts[1]);
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
    return fb_monpoly_formula_read(
               fb_buf_str(&s->texts[0]), &s->signature, &s->arena, &s->formula, &err) == FB_OK &&
           fb_form_check(s->formula.plain.form, NULL, 0, &err) == FB_OK &&
           fb_monpoly_log(fb_buf_str(&s->texts[1]), &s->signature, &s->arena, &s->trace, &err) ==
               FB_OK;
}

static void test_random_proofs(void **state)
{
    (void)state;
    static struct sample sample;
    struct tally tally = {0};
    const char *more = getenv("FB_RANDOM_CASES");
    const char *from = getenv("FB_RANDOM_SEED");
    long cases = more ? strtol(more, NULL, 10) : 400;
    uint64_t first = from ? strtoull(from, NULL, 10) : 1;
    for (uint64_t seed = first; seed < first + (uint64_t)cases; seed++) {
        struct draw d;
        struct subject s;
        random_sample(&d, &sample, seed);
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
        "%ld changes refused, %ld harmless\n",
        tally.samples, tally.positive, tally.negative, tally.open, tally.mutants, tally.harmless);
    assert_true(tally.positive > cases && tally.negative > cases && tally.open > cases);
    assert_true(tally.mutants > 2 * cases && tally.harmless < tally.mutants / 100);
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
}

/* What is long ago is one step away, but not through a recursive definition. */
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

#define ABSENT(from, to)                                                                           \
    "{\"rule\":\"absent\",\"holds\":false,\"from\":" #from ",\"to\":" #to ",\"relation\":\"P\"}"
#define LINE(steps) "{\"tp\":2,\"time\":9,\"holds\":false,\"steps\":[" steps "]}"
#define EVERY "{\"rule\":\"every\",\"holds\":false,\"from\":2,\"to\":2,\"kids\":1},"

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
        cmocka_unit_test(test_limits), cmocka_unit_test(test_idle_witness),
        cmocka_unit_test(test_by_hand)};
    return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
