/*
 * Tests of src/lang: signature, complaint, lexer, parser (parse_condition, parse_duty,
 * parse_phrase, parse_redline), bindings, check (check_condition, check_redline), form, lower,
 * lower_redline, print, compile. What policies mean is checked here; texts of errors, the format
 * and the printed form are golden files (test_golden.c).
 */
#include "base/alloc.h"
#include "engine/eval.h"
#include "lang_test.h"

static struct fb_err err;

static void test_signature(void **state)
{
    (void)state;
    const struct fb_signature *signature = fb_policy_signature();
    int incident = fb_policy_relation("incident");
    assert_true(incident >= 0 && (size_t)incident < signature->count);
    const struct fb_relation *relation = &signature->relations[incident];
    assert_int_equal(relation->arity, 19);
    static const char *const columns[] = {
        "id", "subject", "issuer", "at", "title", "class", "known_to", "known_at", "description"};
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        assert_true(fb_str_is(relation->columns[i], columns[i]));
        assert_int_equal(fb_policy_column((uint32_t)incident, columns[i]), i);
    }
    assert_int_equal(relation->types[0], FB_TYPE_STRING);
    assert_int_equal(relation->types[3], FB_TYPE_TIME);
    assert_int_equal(relation->types[7], FB_TYPE_TIME);
    int system = fb_policy_relation("system");
    int flop = fb_policy_column((uint32_t)system, "training_compute_flop");
    assert_int_equal(signature->relations[system].types[flop], FB_TYPE_FLOAT);
    assert_int_equal(fb_policy_column((uint32_t)system, "models"), -1);
    assert_int_equal(fb_policy_column((uint32_t)system, "also_from"), -1);
    int order = fb_policy_relation("order"), review = fb_policy_relation("review");
    assert_true(order >= 0 && review >= 0);
    assert_int_equal(fb_policy_column((uint32_t)order, "release_by"), -1);
    int about = fb_policy_column((uint32_t)review, "about");
    assert_int_equal(signature->relations[review].types[about], FB_TYPE_STRING);
    int audit = fb_policy_relation("audit");
    int until = fb_policy_column((uint32_t)audit, "valid_until");
    assert_int_equal(signature->relations[audit].types[until], FB_TYPE_TIME);
    assert_int_equal(signature->relations[fb_policy_relation("redline")].arity, 3);
    assert_int_equal(fb_policy_column((uint32_t)fb_policy_relation("case_status"), "status"), 2);
    assert_int_equal(fb_policy_relation("nothing"), -1);
    assert_ptr_equal(signature, fb_policy_signature());
}

static void test_redline(void **state)
{
    (void)state;
    struct policy policy;
    policy_of_file(&policy, "examples/aurora/policies/aurora-framework.fly");
    const struct fb_program *program = policy.program;
    assert_true(fb_str_is(program->name, "aurora/framework"));
    assert_int_equal(program->version, 1);
    assert_int_equal(program->effective, fb_days_from_civil(2026, 1, 1) * FB_DAY);
    assert_int_equal(program->expires, FB_TIME_MAX);
    assert_int_equal(program->days.calendar, FB_CALENDAR_EXACT);
    assert_ptr_equal(program->signature, fb_policy_signature());
    assert_int_equal(program->redline_count, 1);
    const struct fb_redline *line = &program->redlines[0];
    assert_true(fb_str_is(line->name, "cyber"));
    assert_int_equal(line->measure_count, 2);
    assert_true(fb_str_is(line->measures[1], "intercode-ctf"));
    assert_int_equal(fb_decimal_cmp(line->threshold, (struct fb_decimal){5, -1}), 0);
    assert_true(line->confidence > 0.9499999 && line->confidence < 0.9500001);
    assert_int_equal(line->margin_count, 1);
    assert_int_equal(line->margins[0].scale, FB_SCALE_ODDS);
    assert_int_equal(fb_decimal_cmp(line->margins[0].amount, (struct fb_decimal){13, -1}), 0);
    assert_true(fb_str_is(line->margins[0].source, "Davidson 2023"));
    assert_int_equal(line->needs.samples, 200);
    assert_int_equal(line->needs.age_us, 180 * FB_DAY);
    assert_true(line->has_clears);
    assert_int_equal(fb_decimal_cmp(line->clears_below, (struct fb_decimal){3, -1}), 0);
    assert_int_equal(line->dwell_us, 90 * FB_DAY);
    assert_true(fb_str_is(line->vars[0], "S"));
    const uint32_t given[] = {0};
    FB_TEST_OK(fb_form_check(line->inside, given, 1, &err));
    FB_TEST_OK(fb_form_check(line->outside, given, 1, &err));
    policy_release(&policy);
}

static void test_commitment(void **state)
{
    (void)state;
    struct policy policy;
    policy_of_file(&policy, "examples/aurora/policies/aurora-framework.fly");
    assert_int_equal(policy.program->duty_count, 3);
    const struct fb_duty *duties = policy.program->duties;
    static const char *const names[] = {"hold.deploy", "hold.secure", "hold.submit"};
    for (size_t i = 0; i < 3; i++) {
        assert_true(fb_str_is(duties[i].name, names[i]));
        assert_int_equal(duties[i].param_count, 1);
        assert_int_equal(duties[i].system_var, 0);
        assert_int_equal(duties[i].anchor_var, -1);
        assert_int_equal(duties[i].relax_after, 14 * FB_DAY);
        assert_int_equal(duties[i].party->kind, FB_TERM_CONST);
        assert_true(fb_str_is(duties[i].party->value.u.text, "party/aurora"));
        assert_non_null(duties[i].during);
        assert_null(duties[i].given);
    }
    assert_int_equal(duties[0].modality, FB_MAY_NOT);
    assert_true(duties[0].act->occurs);
    assert_int_equal(duties[0].act->relation, fb_policy_relation("deployment"));
    assert_true(fb_str_is(duties[0].title, "not deploy S externally"));
    assert_int_equal(duties[1].modality, FB_MUST);
    assert_int_equal(duties[1].within_count, 1);
    assert_int_equal(duties[1].within[0].amount, 30);
    assert_int_equal(duties[1].within[0].unit, FB_UNIT_DAYS);
    assert_int_equal(duties[1].lest, FB_LEST_HALT);
    assert_non_null(duties[2].before);
    assert_true(duties[2].before->occurs && !duties[2].act->occurs);
    policy_release(&policy);
}

static void test_duty(void **state)
{
    (void)state;
    struct policy policy;
    policy_of_file(&policy, "packs/eu/gpai-serious-incidents.fly");
    assert_int_equal(policy.program->duty_count, 1);
    assert_int_equal(policy.program->days.calendar, FB_CALENDAR_EU_1182_71);
    const struct fb_duty *duty = &policy.program->duties[0];
    assert_true(fb_str_is(duty->name, "initial_report"));
    assert_int_equal(duty->param_count, 3);
    assert_true(fb_str_is(duty->vars[0], "S") && fb_str_is(duty->vars[1], "I"));
    assert_true(fb_str_is(duty->vars[2], "P"));
    assert_int_equal(duty->system_var, 0);
    assert_int_equal(duty->party->kind, FB_TERM_VAR);
    assert_int_equal(duty->party->var, 2);
    assert_int_equal(duty->within_count, 4);
    static const int64_t days[] = {2, 5, 10, 15};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(duty->within[i].amount, days[i]);
        assert_int_equal(duty->within[i].guard->kind, i == 0 ? FB_FORM_EQ : FB_FORM_OR);
    }
    assert_true(fb_str_is(duty->within[2].guard->left->terms[1]->value.u.text, "death"));
    int known_at = fb_policy_column((uint32_t)fb_policy_relation("incident"), "known_at");
    assert_int_equal(duty->when->kind, FB_FORM_AND);
    const struct fb_form *incident = duty->when->left;
    assert_int_equal(incident->kind, FB_FORM_PRED);
    assert_int_equal(incident->terms[known_at]->kind, FB_TERM_VAR);
    assert_int_equal(incident->terms[known_at]->var, duty->anchor_var);
    assert_int_equal(duty->lest, FB_LEST_BREACH);
    assert_true(fb_str_is(duty->lest_text, "AI Act Art. 101"));
    assert_true(duty->act->occurs);
    assert_int_equal(duty->act->terms[2]->var, 2);
    policy_release(&policy);
}

/* Without memory there is no program and no half of one, whichever allocation fails. */
static void test_no_memory(void **state)
{
    (void)state;
    static const char *const files[] = {"packs/eu/gpai-serious-incidents.fly",
        "tests/lang/good/commitments.fly", "tests/lang/good/retain.fly"};
    static struct policy policy;
    static struct fb_policy_errors errors;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct fb_buf text, formatted;
        enum fb_code code = FB_E_NOMEM;
        fb_buf_init(&text, FB_POLICY_TEXT_MAX);
        fb_buf_init(&formatted, FB_POLICY_TEXT_MAX);
        read_source(files[i], &text);
        int64_t n = 0;
        for (; code != FB_OK; n++) {
            fb_alloc_fail_at(n);
            policy_compile(&policy, fb_buf_str(&text));
            fb_alloc_fail_at(-1);
            code = policy.code;
            assert_true(code == FB_OK || code == FB_E_NOMEM);
            assert_int_equal(policy.errors.count, code != FB_OK);
            assert_true((policy.program != NULL) == (code == FB_OK));
            policy_release(&policy);
        }
        assert_true(n > 2);
        code = FB_E_NOMEM;
        for (n = 0; code != FB_OK; n++) {
            fb_alloc_fail_at(n);
            code = fb_policy_format(fb_buf_str(&text), "p.fly", &formatted, &errors);
            fb_alloc_fail_at(-1);
            assert_true(code == FB_OK || (code == FB_E_NOMEM && formatted.len == 0));
            if (code != FB_OK) {
                fb_buf_clear(&formatted);
            }
        }
        fb_buf_release(&text);
        fb_buf_release(&formatted);
    }
}

/* Limits of the whole text, which are too large for files. */
static void test_limits(void **state)
{
    (void)state;
    static struct policy policy;
    struct fb_buf text;
    fb_buf_init(&text, FB_POLICY_TEXT_MAX + 1);
    fb_buf_add_c(&text, "policy \"p\" title \"t\" version 1\n");
    size_t header = text.len;
    for (int i = 0; i < FB_POLICY_RULES_MAX + 1; i++) {
        fb_buf_addf(&text, "let a%d(S)=S is designated\n", i);
    }
    policy_compile(&policy, fb_buf_str(&text));
    assert_int_equal(policy.code, FB_E_LIMIT);
    assert_int_equal(policy.errors.count, 1);
    assert_int_equal(policy.errors.items[0].line, FB_POLICY_RULES_MAX + 2);
    assert_string_equal(policy.errors.items[0].message, "a policy has at most 20000 rules");
    policy_release(&policy);
    fb_buf_cut(&text, text.len - strlen("let a20000(S)=S is designated\n"));
    policy_compile(&policy, fb_buf_str(&text));
    assert_int_equal(policy.code, FB_OK);
    policy_release(&policy);
    fb_buf_cut(&text, header);
    while (text.len < FB_POLICY_TEXT_MAX) {
        fb_buf_add_char(&text, ' ');
    }
    policy_compile(&policy, fb_buf_str(&text));
    assert_int_equal(policy.code, FB_OK);
    policy_release(&policy);
    fb_buf_add_char(&text, ' ');
    policy_compile(&policy, fb_buf_str(&text));
    assert_int_equal(policy.code, FB_E_LIMIT);
    assert_string_equal(
        policy.errors.items[0].message, "a policy has at most 4194304 bytes, found 4194305");
    assert_null(policy.program);
    policy_release(&policy);
    fb_buf_release(&text);
}

/* What no file of the tree can end with. */
/* What its trees would take is bounded, too. */
static void test_memory_limit(void **state)
{
    (void)state;
    static struct policy policy;
    struct fb_buf text;
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    fb_buf_add_c(&text, "policy \"p\" title \"t\" version 1\nlet a(S) = b(S)");
    while (text.len + 9 <= FB_POLICY_TEXT_MAX) {
        fb_buf_add_c(&text, " and b(S)");
    }
    policy_compile(&policy, fb_buf_str(&text));
    assert_int_equal(policy.code, FB_E_LIMIT);
    assert_string_equal(policy.errors.items[0].message, "the policy needs too much memory");
    assert_int_equal(policy.errors.items[0].line, 1);
    assert_true(policy.errors.items[0].hint[0] != 0);
    policy_release(&policy);
    fb_buf_release(&text);
}

static void test_open_end(void **state)
{
    (void)state;
    static struct policy policy;
    policy_compile(&policy, FB_STR("policy \"p"));
    assert_int_equal(policy.code, FB_E_SYNTAX);
    assert_string_equal(policy.errors.items[0].message, "a text in quotes does not end");
    assert_int_equal(policy.errors.items[0].column, 8);
    assert_int_equal(policy.errors.count, 1);
    policy_release(&policy);
    policy_compile(&policy, FB_STR("policy \"p\" title \"t\" version 1 # no newline"));
    assert_int_equal(policy.code, FB_OK);
    assert_int_equal(policy.program->duty_count + policy.program->redline_count, 0);
    policy_release(&policy);
}

/* The program borrows nothing of the text. */
static void test_owns_text(void **state)
{
    (void)state;
    static struct policy policy;
    struct fb_buf text, before, after;
    fb_buf_init(&text, FB_POLICY_TEXT_MAX);
    fb_buf_init(&before, FB_POLICY_TEXT_MAX);
    fb_buf_init(&after, FB_POLICY_TEXT_MAX);
    read_source("tests/lang/good/redline.fly", &text);
    policy_compile(&policy, fb_buf_str(&text));
    fb_program_print(policy.program, &before);
    memset(text.ptr, '?', text.len);
    fb_buf_release(&text);
    fb_program_print(policy.program, &after);
    assert_true(before.len > 0 && fb_str_eq(fb_buf_str(&before), fb_buf_str(&after)));
    policy_release(&policy);
    fb_buf_release(&before);
    fb_buf_release(&after);
}

int main(void)
{
    fb_err_init(&err);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signature),
        cmocka_unit_test(test_redline),
        cmocka_unit_test(test_commitment),
        cmocka_unit_test(test_duty),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_open_end),
        cmocka_unit_test(test_owns_text),
    };
    return cmocka_run_group_tests_name("lang", tests, NULL, NULL);
}
