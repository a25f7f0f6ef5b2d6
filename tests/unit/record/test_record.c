/* Tests of src/record/record.c, design.c, check.c and rules.c. */
#include "base/alloc.h"
#include "fb_test.h"
#include "record/record.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD(kind) "\"kind\":\"" kind "\",\"id\":\"" kind "/one\",\"issuer\":\"party/aurora\","
#define AT "\"at\":\"2026-03-01T09:00:00Z\","
#define ABOUT "\"subject\":\"system/s\","

/* One good draft of each kind, with every field of its body. */
static const char *const drafts[FB_KIND_END] = {
    [FB_KIND_party] = "{" HEAD("party") AT "\"body\":{\"title\":\"Aurora\",\"role\":\"developer\","
                                           "\"country\":\"FR\",\"revenue_usd\":6e8,"
                                           "\"academic\":false}}",
    [FB_KIND_key] =
        "{" HEAD("key") AT "\"body\":{\"party\":\"party/aurora\","
                           "\"public_key\":\"ssh-ed25519 AAAA\",\"fingerprint\":\"SHA256:abc\","
                           "\"valid_from\":\"2026-01-01\",\"valid_until\":\"2027-01-01\","
                           "\"revoked\":\"2026-06-01\",\"reason\":\"lost\"}}",
    [FB_KIND_system] =
        "{" HEAD("system") AT "\"body\":{\"title\":\"S\",\"developer\":"
                              "\"party/aurora\",\"training_compute_flop\":1e25,\"designated\":true,"
                              "\"models\":[\"mock/one\",\"mock/two\"],\"stage\":\"released\","
                              "\"provider\":\"party/shop\",\"derived_from\":\"system/base\","
                              "\"derivation\":\"merging\",\"also_from\":[\"system/x\"],"
                              "\"parameters\":4e11,\"active_parameters\":3e10,"
                              "\"training_tokens\":1.5e13,\"open_weights\":false,"
                              "\"research_only\":false}}",
    [FB_KIND_dataset] = "{" HEAD("dataset") AT ABOUT
    "\"body\":{\"title\":\"D\",\"source\":\"web\","
    "\"licence\":\"MIT\",\"tokens\":2.5e12,\"digest\":\"sha256:" HEX64 "\"}}",
    [FB_KIND_run] = "{" HEAD("run") AT ABOUT
    "\"body\":{\"title\":\"R\",\"cluster\":\"c1\","
    "\"job_names\":[\"train\"],\"started\":\"2026-02-01\",\"planned_flop\":0,"
    "\"state\":\"finished\",\"purpose\":\"pretraining\",\"ended\":\"2026-02-20\"}}",
    [FB_KIND_usage] = "{" HEAD("usage") AT ABOUT
    "\"body\":{\"cluster\":\"c1\",\"job\":\"12_3@1\","
    "\"job_name\":\"train it\",\"run\":\"run/one\",\"state\":\"COMPLETED\","
    "\"started\":\"2026-02-01T00:00:00Z\",\"ended\":\"2026-02-01T00:01:40Z\","
    "\"gpus\":8,\"gpu_seconds\":800}}",
    [FB_KIND_deployment] =
        "{" HEAD("deployment") AT ABOUT "\"body\":{\"scope\":\"external\","
                                        "\"role\":\"assistant\",\"oversight\":\"people read it\","
                                        "\"sector\":\"power_grid\",\"operator\":\"party/grid\","
                                        "\"autonomy\":4,\"overseers\":3,"
                                        "\"decisions_each_day\":400,\"overruled_share\":0.02,"
                                        "\"stop_s\":1.5,\"users\":12,"
                                        "\"started\":\"2026-01-01\",\"ended\":\"2026-02-01\"}}",
    [FB_KIND_evaluation] = "{" HEAD("evaluation") AT ABOUT
    "\"body\":{\"task\":\"inspect/cyber\",\"scorer\":\"match\","
    "\"model\":\"mock/one\",\"status\":\"success\",\"began\":\"2026-02-01T00:00:00Z\","
    "\"ended\":\"2026-02-01T01:00:00Z\",\"samples\":300,\"succeeded_any\":10,"
    "\"succeeded_all\":4,\"unresolved\":2,\"epochs\":1,\"elicitation\":\"best of 10\","
    "\"tool\":\"inspect 0.3\",\"log\":\"sha256:" HEX64 "\",\"flags\":[\"rerun\"],"
    "\"stopping\":\"fixed\",\"clusters\":{\"by\":\"family\",\"rows\":[[1,5,0,1],[1,5,2,3]]},"
    "\"judge\":{\"negatives\":90,\"right_negatives\":80,\"positives\":20,\"right_positives\":20,"
    "\"from\":\"a study\"},"
    "\"metrics\":{\"accuracy\":[0.5,null,{\"deep\":-1.5}]}}}",
    [FB_KIND_incident] = "{" HEAD("incident") AT ABOUT
    "\"body\":{\"title\":\"I\",\"class\":"
    "\"death\",\"known_to\":\"party/aurora\",\"known_at\":\"2026-03-01\","
    "\"description\":\"line\\nline\",\"state\":\"contained\",\"began\":\"2026-02-27\","
    "\"ended\":\"2026-02-28\",\"deployment\":\"deployment/d\",\"systems\":[\"system/t\"],"
    "\"country\":\"NL\",\"deaths\":1,\"injured\":2,\"damage_usd\":1e6,\"public\":true,"
    "\"keep_until\":\"2031-03-01\",\"hazards\":[\"misuse_bio\"]}}",
    [FB_KIND_report] =
        "{" HEAD("report") AT ABOUT "\"body\":{\"about\":\"incident/one\",\"to\":"
                                    "\"ai-office\",\"stage\":\"initial\",\"text\":\"we report\","
                                    "\"topic\":\"notification\",\"concerns\":\"run/one\","
                                    "\"document\":\"sha256:" HEX64 "\"}}",
    [FB_KIND_case] = "{" HEAD("case") AT ABOUT "\"body\":{\"name\":\"cyber\",\"document\":"
                                               "\"sha256:" HEX64 "\",\"top\":\"it is safe\","
                                               "\"against\":\"aurora/framework/cyber\"}}",
    [FB_KIND_policy] = "{" HEAD("policy") AT "\"body\":{\"name\":\"eu/gpai\",\"version\":1,"
                                             "\"document\":\"sha256:" HEX64 "\"}}",
    [FB_KIND_measure] = "{" HEAD("measure") AT ABOUT "\"body\":{\"name\":\"security\",\"level\":4,"
                                                     "\"evidence\":\"audit\"}}",
    [FB_KIND_cluster] = "{" HEAD("cluster") AT
    "\"body\":{\"title\":\"C\",\"owner\":\"party/aurora\",\"name\":\"c1\","
    "\"operator\":\"party/host\",\"country\":\"NL\",\"chip\":\"h100-sxm\",\"chips\":16384,"
    "\"peak_flop_per_s\":1.6e19,\"power_w\":2e7,\"started\":\"2025-01-01\","
    "\"ended\":\"2026-01-01\"}}",
    [FB_KIND_audit] = "{" HEAD("audit") AT ABOUT
    "\"body\":{\"party\":\"party/aurora\",\"scope\":\"weights\",\"method\":\"red_team\","
    "\"result\":\"findings\",\"began\":\"2026-01-10\",\"ended\":\"2026-01-20\","
    "\"standard\":\"security\",\"level\":4,\"valid_until\":\"2027-01-20\",\"findings\":3,"
    "\"critical_findings\":1,\"paid_by\":\"party/office\",\"document\":\"sha256:" HEX64 "\"}}",
    [FB_KIND_grant] = "{" HEAD("grant") AT ABOUT
    "\"body\":{\"party\":\"party/lab\",\"form\":\"activations\",\"state\":\"granted\","
    "\"valid_from\":\"2026-03-01\",\"valid_until\":\"2026-09-01\",\"queries\":100000,"
    "\"terms\":\"on site only\"}}",
    [FB_KIND_access] = "{" HEAD("access") AT ABOUT
    "\"body\":{\"grant\":\"grant/one\",\"honoured\":\"partial\",\"began\":\"2026-02-01\","
    "\"ended\":\"2026-02-02\",\"queries\":90,\"purpose\":\"probes\","
    "\"missing\":\"layers 40 to 80\"}}",
    [FB_KIND_review] = "{" HEAD("review") AT ABOUT
    "\"body\":{\"about\":\"evaluation/one\",\"finding\":\"rejected\","
    "\"reasons\":\"the tools were missing\",\"document\":\"sha256:" HEX64 "\","
    "\"element\":\"G2\",\"part\":\"sha256:" HEX64 "\"}}",
    [FB_KIND_licence] = "{" HEAD("licence") AT ABOUT
    "\"body\":{\"action\":\"deploy\",\"state\":\"granted\",\"version\":2,"
    "\"valid_from\":\"2026-03-01\",\"valid_until\":\"2027-03-01\","
    "\"conditions\":\"no agents\",\"compute_max_flop\":1e26,\"autonomy_max\":2,"
    "\"case\":\"case/one\",\"change_needs\":2}}",
    [FB_KIND_order] = "{" HEAD("order") AT ABOUT
    "\"body\":{\"action\":\"secure\",\"version\":1,\"reasons\":\"theft\","
    "\"party\":\"party/aurora\",\"level\":4,\"basis\":\"Art. 93\",\"release_needs\":2,"
    "\"release_by\":[\"party/office\",\"party/court\"]}}",
    [FB_KIND_budget] = "{" HEAD("budget") AT
    "\"body\":{\"party\":\"party/aurora\",\"state\":\"actual\",\"valid_from\":\"2025-01-01\","
    "\"valid_until\":\"2026-01-01\",\"currency\":\"EUR\",\"research_money\":9e8,"
    "\"safety_money\":3e8,\"research_compute_flop\":1e26,\"safety_compute_flop\":1e25,"
    "\"grants_money\":1e7,\"prizes_money\":1e6,\"market_money\":0,"
    "\"safety_money_share\":0.3333333,\"safety_compute_share\":0.1,"
    "\"document\":\"sha256:" HEX64 "\"}}",
    [FB_KIND_disclosure] = "{" HEAD("disclosure") AT ABOUT
    "\"body\":{\"party\":\"party/aurora\",\"class\":\"hidden_results\","
    "\"channel\":\"regulator\",\"state\":\"received\",\"received\":\"2026-02-01\","
    "\"answer_by\":\"2026-05-01\",\"protected\":true,\"retaliation\":false,"
    "\"text\":\"results were held back\",\"document\":\"sha256:" HEX64 "\"}}",
    [FB_KIND_decision] = "{" HEAD("decision") AT ABOUT
    "\"body\":{\"topic\":\"designation\",\"outcome\":\"granted\",\"reasons\":\"reach\","
    "\"about\":\"system/s\",\"party\":\"party/aurora\",\"body\":\"the board\","
    "\"valid_from\":\"2026-03-01\",\"valid_until\":\"2028-03-01\","
    "\"document\":\"sha256:" HEX64 "\",\"rule\":\"eu/ai-act/report\"}}",
    [FB_KIND_staffing] = "{" HEAD("staffing") AT
    "\"body\":{\"party\":\"party/office\",\"state\":\"actual\",\"valid_from\":\"2025-01-01\","
    "\"valid_until\":\"2026-01-01\",\"posts\":120,\"filled\":90,\"technical\":60,"
    "\"filled_share\":0.75,\"currency\":\"EUR\",\"money\":2e7,\"waiting\":14,"
    "\"document\":\"sha256:" HEX64 "\"}}",
    [FB_KIND_erasure] = "{" HEAD("erasure") AT
    "\"body\":{\"digest\":\"sha256:" HEX64 "\",\"reason\":\"a person asked\","
    "\"basis\":\"GDPR Art. 17\",\"bytes\":12,\"kept_until\":\"2031-03-01\","
    "\"despite\":\"a court asked\",\"order\":\"order/erase\"}}",
    [FB_KIND_risk] = "{" HEAD("risk") AT ABOUT
    "\"body\":{\"name\":\"misuse_bio\",\"upper\":0.004,\"lower\":0.0001,\"unit\":\"a year\","
    "\"model\":\"attackers times uplift\",\"document\":\"sha256:" HEX64 "\"}}",
    [FB_KIND_progress] = "{" HEAD("progress") AT
    "\"body\":{\"series\":\"horizon\",\"date\":\"2026-01-01\",\"value\":59.5,\"name\":\"o1\","
    "\"unit\":\"minutes\",\"source\":\"METR\"}}",
    [FB_KIND_forecast] = "{" HEAD("forecast") AT ABOUT
    "\"body\":{\"low_flop\":2e25,\"high_flop\":6e25,\"threshold_flop\":1e25,\"reached_from\":"
    "\"2027-03-01\",\"reached_by\":\"2027-06-01\",\"method\":\"use on record\",\"document\":"
    "\"sha256:" HEX64 "\"}}",
};

/* Drafts with the fields that cannot stand beside those of the first one. */
static const struct {
    enum fb_kind kind;
    const char *draft;
} more_drafts[] = {
    {FB_KIND_order, "{" HEAD("order") AT "\"body\":{\"action\":\"release\",\"version\":2,"
                                         "\"reasons\":\"done\",\"releases\":\"order/zero\"}}"},
    {FB_KIND_order, "{" HEAD("order") AT ABOUT
        "\"body\":{\"action\":\"release\",\"version\":2,\"reasons\":\"done\","
        "\"duty\":\"duty:p/hold:system/s\"}}"},
};

/* The text with the first `from` replaced by `to`; the caller frees it. */
static char *replaced(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    if (!at) {
        fail_msg("'%s' is not in %s", from, text);
        return NULL;
    }
    size_t size = strlen(text) + strlen(to) + 1;
    char *out = malloc(size);
    snprintf(out, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

static enum fb_code canonical(
    const char *draft, const char *issuer, struct fb_buf *out, struct fb_err *err)
{
    struct fb_arena arena;
    struct fb_json *json = NULL;
    fb_arena_init(&arena, 16 << 20);
    enum fb_code code = fb_json_parse(fb_str_of(draft), "draft.json", NULL, &arena, &json, err);
    if (code == FB_OK) {
        code = fb_record_canonical(
            json, (struct fb_record_fill){.issuer = fb_str_of(issuer)}, out, err);
    }
    fb_arena_release(&arena);
    return code;
}

/* Every field of the kind stands in the record, or in one of the further drafts, which is good. */
static void check_fields(const struct fb_record *record)
{
    size_t count;
    const struct fb_field *fields = fb_kind_fields(record->kind, &count);
    for (size_t i = 0; i < count; i++) {
        bool found = fb_json_get(record->body, fields[i].name) != NULL;
        for (size_t k = 0; !found && k < sizeof(more_drafts) / sizeof(more_drafts[0]); k++) {
            char key[100];
            snprintf(key, sizeof(key), "\"%s\":", fields[i].name);
            found = more_drafts[k].kind == record->kind && strstr(more_drafts[k].draft, key);
        }
        if (!found) {
            fail_msg("no draft of %s has '%s'", fb_kind_name(record->kind), fields[i].name);
        }
    }
}

static void test_more_drafts(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(more_drafts) / sizeof(more_drafts[0]); k++) {
        struct fb_err err;
        struct fb_buf out;
        fb_err_init(&err);
        fb_buf_init(&out, FB_STATEMENT_MAX);
        FB_TEST_OK(canonical(more_drafts[k].draft, "", &out, &err));
        fb_buf_release(&out);
    }
}

static void test_every_kind(void **state)
{
    (void)state;
    for (int kind = 1; kind < FB_KIND_END; kind++) {
        struct fb_err err;
        struct fb_buf out, again;
        struct fb_arena arena;
        struct fb_record record;
        fb_err_init(&err);
        fb_arena_init(&arena, 1 << 20);
        fb_buf_init(&out, FB_STATEMENT_MAX);
        fb_buf_init(&again, FB_STATEMENT_MAX);
        FB_TEST_OK(canonical(drafts[kind], "", &out, &err));
        FB_TEST_OK(fb_record_parse(fb_buf_str(&out), NULL, &arena, &record, &err));
        assert_int_equal(record.kind, kind);
        assert_true(fb_str_eq(record.statement, fb_buf_str(&out)));
        assert_ptr_not_equal(record.statement.ptr, out.ptr);
        assert_true(fb_str_is(record.issuer, "party/aurora"));
        assert_int_equal(record.at, fb_days_from_civil(2026, 3, 1) * FB_DAY + 9 * FB_HOUR);
        assert_int_equal(record.supersedes.len, 0);
        check_fields(&record);
        FB_TEST_OK(canonical(out.ptr, "party/other", &again, &err));
        assert_string_equal(again.ptr, out.ptr);
        fb_buf_release(&again);
        fb_buf_release(&out);
        fb_arena_release(&arena);
    }
}

/* What a change to the good draft of a kind must give, for drafts and for statements alike. */
struct change {
    enum fb_kind kind;
    const char *from, *to;
    enum fb_code code; /* OK: still good */
    const char *path;
};

static void check_change(const struct change *c)
{
    struct fb_err err;
    struct fb_buf out;
    struct fb_arena arena;
    struct fb_record record = {.seq = 77};
    fb_err_init(&err);
    fb_buf_init(&out, 2 * FB_STATEMENT_MAX);
    fb_arena_init(&arena, 16 << 20);
    fb_buf_add_c(&out, "kept");
    char *text = replaced(drafts[c->kind], c->from, c->to);
    enum fb_code code = canonical(text, "", &out, &err);
    if (code != c->code || (code != FB_OK && strcmp(err.path, c->path) != 0)) {
        fail_msg("%s: got %s at '%s' (%s), expected %s at '%s'", c->to, fb_code_name(code),
            err.path, err.message, fb_code_name(c->code), c->path);
    }
    if (code != FB_OK) {
        assert_string_equal(out.ptr, "kept");
        assert_true(err.message[0] != 0 && err.hint[0] != 0);
        fb_err_init(&err);
        code = fb_record_parse(fb_str_of(text), "r.json", &arena, &record, &err);
        assert_int_equal(code, c->code);
        assert_string_equal(err.path, c->path);
        assert_string_equal(err.file, "r.json");
        assert_int_equal(err.line, 1);
        assert_int_equal(record.seq, 77);
    }
    free(text);
    fb_arena_release(&arena);
    fb_buf_release(&out);
}

static void test_members(void **state)
{
    (void)state;
    static const struct change changes[] = {
        {FB_KIND_incident, "\"at\"", "\"att\"", FB_E_SCHEMA, "$.att"},
        {FB_KIND_incident, "\"at\"", "\"severity\":1,\"at\"", FB_E_SCHEMA, "$.severity"},
        {FB_KIND_incident, AT, "", FB_E_SCHEMA, "$.at"},
        {FB_KIND_incident, "\"id\":\"incident/one\",", "", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"issuer\":\"party/aurora\",", "", FB_E_SCHEMA, "$.issuer"},
        {FB_KIND_incident, "\"kind\":\"incident\",", "", FB_E_SCHEMA, "$.kind"},
        {FB_KIND_incident, "\"kind\":\"incident\"", "\"kind\":\"incidnet\"", FB_E_SCHEMA, "$.kind"},
        {FB_KIND_incident, "\"kind\":\"incident\"", "\"kind\":9", FB_E_SCHEMA, "$.kind"},
        {FB_KIND_incident, "\"incident/one\"", "\"incident/\"", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "\"incident\"", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "\"incidents/one\"", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "\"/one\"", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "\"incident/o ne\"", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "\"incident/\xc3\xa9\"", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "\"incident/a/b.c_d-e:f@g+h\"", FB_OK, ""},
        {FB_KIND_incident, "\"incident/one\"", "\"report/one\"", FB_E_REFERENCE, "$.id"},
        {FB_KIND_incident, "\"incident/one\"", "7", FB_E_SCHEMA, "$.id"},
        {FB_KIND_incident, "party/aurora", "system/aurora", FB_E_REFERENCE, "$.issuer"},
        {FB_KIND_incident, ABOUT, "", FB_E_SCHEMA, "$.subject"},
        {FB_KIND_incident, "system/s", "party/s", FB_E_REFERENCE, "$.subject"},
        {FB_KIND_incident, "\"system/s\"", "null", FB_E_SCHEMA, "$.subject"},
        {FB_KIND_report, ABOUT, "", FB_OK, ""},
        {FB_KIND_party, AT, AT ABOUT, FB_E_SCHEMA, "$.subject"},
        {FB_KIND_incident, "2026-03-01T09:00:00Z", "2026-02-29", FB_E_TIME, "$.at"},
        {FB_KIND_incident, "\"2026-03-01T09:00:00Z\"", "1772355600", FB_E_SCHEMA, "$.at"},
        {FB_KIND_incident, "2026-03-01T09:00:00Z", "2026-03-01T10:00:00.5+01:00", FB_OK, ""},
        {FB_KIND_incident, AT, AT "\"supersedes\":\"incident/zero\",", FB_OK, ""},
        {FB_KIND_incident, AT, AT "\"supersedes\":\"report/zero\",", FB_E_REFERENCE,
            "$.supersedes"},
        {FB_KIND_incident, AT, AT "\"supersedes\":\"incident/one\",", FB_E_REFERENCE,
            "$.supersedes"},
        {FB_KIND_incident, AT, AT "\"supersedes\":[],", FB_E_SCHEMA, "$.supersedes"},
        {FB_KIND_policy, "\"body\":{", "\"body\":[],\"x\":{", FB_E_SCHEMA, "$.x"},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        check_change(&changes[i]);
    }
}

static void test_field_types(void **state)
{
    (void)state;
    static const struct change changes[] = {
        /* unknown and missing */
        {FB_KIND_incident, "\"class\"", "\"clas\"", FB_E_SCHEMA, "$.body.clas"},
        {FB_KIND_incident, "\"class\":\"death\",", "", FB_E_SCHEMA, "$.body.class"},
        {FB_KIND_incident, "\"class\":\"death\"", "\"class\":null", FB_E_SCHEMA, "$.body.class"},
        /* STRING */
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":1", FB_E_SCHEMA, "$.body.title"},
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":\"\"", FB_E_SCHEMA, "$.body.title"},
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":\"a\\nb\"", FB_E_SCHEMA, "$.body.title"},
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":\"\\u0000\"", FB_E_SCHEMA, "$.body.title"},
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":\"\\u007f\"", FB_E_SCHEMA, "$.body.title"},
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":\"\\u0085\"", FB_E_SCHEMA, "$.body.title"},
        {FB_KIND_incident, "\"title\":\"I\"", "\"title\":\"\\u00a0\xe2\x82\xac\"", FB_OK, ""},
        /* TEXT */
        {FB_KIND_incident, "line\\nline", "line\\tline", FB_E_SCHEMA, "$.body.description"},
        {FB_KIND_incident, "\"line\\nline\"", "[]", FB_E_SCHEMA, "$.body.description"},
        {FB_KIND_incident, "line\\nline", "", FB_E_SCHEMA, "$.body.description"},
        /* NAME */
        {FB_KIND_incident, "\"death\"", "\"a death\"", FB_E_SCHEMA, "$.body.class"},
        {FB_KIND_incident, "\"death\"", "\"death\\\"\"", FB_E_SCHEMA, "$.body.class"},
        {FB_KIND_incident, "\"death\"", "\"\"", FB_E_SCHEMA, "$.body.class"},
        {FB_KIND_incident, "\"death\"", "{}", FB_E_SCHEMA, "$.body.class"},
        {FB_KIND_incident, "\"death\"", "\"aZ09._-/:@+\"", FB_OK, ""},
        /* INT */
        {FB_KIND_measure, "\"level\":4", "\"level\":-1", FB_E_RANGE, "$.body.level"},
        {FB_KIND_measure, "\"level\":4", "\"level\":4.0", FB_E_SCHEMA, "$.body.level"},
        {FB_KIND_measure, "\"level\":4", "\"level\":\"4\"", FB_E_SCHEMA, "$.body.level"},
        {FB_KIND_measure, "\"level\":4", "\"level\":9007199254740992", FB_OK, ""},
        {FB_KIND_measure, "\"level\":4", "\"level\":9007199254740993", FB_E_RANGE, "$.body.level"},
        {FB_KIND_measure, "\"level\":4", "\"level\":0", FB_OK, ""},
        /* NUMBER */
        {FB_KIND_dataset, "2.5e12", "-0.5", FB_E_RANGE, "$.body.tokens"},
        {FB_KIND_dataset, "2.5e12", "\"many\"", FB_E_SCHEMA, "$.body.tokens"},
        {FB_KIND_dataset, "2.5e12", "0.1", FB_OK, ""},
        /* FLAG */
        {FB_KIND_system, "true", "false", FB_OK, ""},
        {FB_KIND_system, "true", "\"true\"", FB_E_SCHEMA, "$.body.designated"},
        {FB_KIND_system, "true", "1", FB_E_SCHEMA, "$.body.designated"},
        /* TIME */
        {FB_KIND_run, "\"2026-02-01\"", "\"yesterday\"", FB_E_TIME, "$.body.started"},
        {FB_KIND_run, "\"2026-02-01\"", "0", FB_E_SCHEMA, "$.body.started"},
        /* DIGEST */
        {FB_KIND_case, "sha256:0", "sha256:A", FB_E_SCHEMA, "$.body.document"},
        {FB_KIND_case, "sha256:0", "sha256:", FB_E_SCHEMA, "$.body.document"},
        {FB_KIND_case, "sha256:0", "sha256:00", FB_E_SCHEMA, "$.body.document"},
        {FB_KIND_case, "sha256:0", "sha512:0", FB_E_SCHEMA, "$.body.document"},
        {FB_KIND_case, "\"sha256:" HEX64 "\"", "false", FB_E_SCHEMA, "$.body.document"},
        /* STRINGS */
        {FB_KIND_run, "[\"train\"]", "\"train\"", FB_E_SCHEMA, "$.body.job_names"},
        {FB_KIND_run, "[\"train\"]", "[\"a\",\"\"]", FB_E_SCHEMA, "$.body.job_names[1]"},
        {FB_KIND_run, "[\"train\"]", "[[\"a\"]]", FB_E_SCHEMA, "$.body.job_names[0]"},
        {FB_KIND_run, "[\"train\"]", "[]", FB_OK, ""},
        /* TREE */
        {FB_KIND_evaluation, "{\"accuracy\"", "{\"\":0,\"accuracy\"", FB_OK, ""},
        {FB_KIND_evaluation, "{\"accuracy\":[0.5,null,{\"deep\":-1.5}]}", "null", FB_OK, ""},
        /* REF */
        {FB_KIND_report, "incident/one", "system/one", FB_E_REFERENCE, "$.body.about"},
        {FB_KIND_report, "incident/one", "one", FB_E_SCHEMA, "$.body.about"},
        {FB_KIND_report, "\"incident/one\"", "[\"incident/one\"]", FB_E_SCHEMA, "$.body.about"},
        /* ENUM */
        {FB_KIND_report, "\"initial\"", "\"final\"", FB_OK, ""},
        {FB_KIND_report, "\"initial\"", "\"initia\"", FB_E_SCHEMA, "$.body.stage"},
        {FB_KIND_report, "\"initial\"", "\"initial|intermediate\"", FB_E_SCHEMA, "$.body.stage"},
        {FB_KIND_report, "\"initial\"", "\"\"", FB_E_SCHEMA, "$.body.stage"},
        {FB_KIND_report, "\"initial\"", "1", FB_E_SCHEMA, "$.body.stage"},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        check_change(&changes[i]);
    }
}

static void test_rules(void **state)
{
    (void)state;
    static const struct change changes[] = {
        {FB_KIND_party, "\"FR\"", "\"fr\"", FB_E_SCHEMA, "$.body.country"},
        {FB_KIND_party, "\"FR\"", "\"FRA\"", FB_E_SCHEMA, "$.body.country"},
        {FB_KIND_party, ",\"country\":\"FR\"", "", FB_OK, ""},
        {FB_KIND_key, "2027-01-01", "2026-01-01", FB_E_TIME, "$.body.valid_until"},
        {FB_KIND_key, "\"valid_from\":\"2026-01-01\",", "", FB_OK, ""},
        {FB_KIND_key, ",\"valid_until\":\"2027-01-01\"", "", FB_OK, ""},
        {FB_KIND_usage, "2026-02-01T00:01:40Z", "2026-01-31T23:59:59Z", FB_E_TIME, "$.body.ended"},
        {FB_KIND_usage, "2026-02-01T00:01:40Z", "2026-02-01T00:01:40.9Z", FB_OK, ""},
        {FB_KIND_usage, "\"gpu_seconds\":800", "\"gpu_seconds\":801", FB_E_MISMATCH,
            "$.body.gpu_seconds"},
        {FB_KIND_usage, ",\"gpus\":8,\"gpu_seconds\":800", "", FB_OK, ""},
        {FB_KIND_usage, "\"gpus\":8,", "", FB_E_SCHEMA, "$.body.gpus"},
        {FB_KIND_usage, ",\"gpu_seconds\":800", "", FB_E_SCHEMA, "$.body.gpu_seconds"},
        {FB_KIND_usage, "\"gpus\":8,\"gpu_seconds\":800", "\"gpus\":0,\"gpu_seconds\":0", FB_OK,
            ""},
        {FB_KIND_usage, "\"gpus\":8,", "\"gpus\":9007199254740992,", FB_E_MISMATCH,
            "$.body.gpu_seconds"},
        {FB_KIND_evaluation, "2026-02-01T01:00:00Z", "2026-01-01", FB_E_TIME, "$.body.ended"},
        {FB_KIND_evaluation,
            "\"samples\":300,\"succeeded_any\":10,\"succeeded_all\":4,\"unre"
            "solved\":2",
            "\"samples\":0,\"succeeded_any\":0,\"succeeded_all\":0,\"unresolved\":0", FB_E_RANGE,
            "$.body.samples"},
        {FB_KIND_evaluation, "\"samples\":300", "\"samples\":20", FB_OK, ""},
        {FB_KIND_evaluation, "\"samples\":300", "\"samples\":11", FB_E_MISMATCH,
            "$.body.unresolved"},
        {FB_KIND_evaluation, "\"samples\":300", "\"samples\":9", FB_E_MISMATCH,
            "$.body.succeeded_any"},
        {FB_KIND_evaluation, "\"succeeded_all\":4", "\"succeeded_all\":11", FB_E_MISMATCH,
            "$.body.succeeded_all"},
        {FB_KIND_evaluation, "\"succeeded_all\":4", "\"succeeded_all\":10", FB_OK, ""},
        {FB_KIND_evaluation, "\"epochs\":1", "\"epochs\":0", FB_E_RANGE, "$.body.epochs"},
        {FB_KIND_evaluation, "\"epochs\":1,", "", FB_OK, ""},
        {FB_KIND_policy, "\"version\":1", "\"version\":0", FB_E_RANGE, "$.body.version"},
        {FB_KIND_key, "\"revoked\":\"2026-06-01\",", "", FB_E_SCHEMA, "$.body.revoked"},
        {FB_KIND_system, "\"derived_from\":\"system/base\",", "", FB_E_SCHEMA,
            "$.body.derived_from"},
        {FB_KIND_system, "\"derivation\":\"merging\",", "", FB_E_SCHEMA, "$.body.derivation"},
        {FB_KIND_system, "\"derived_from\":\"system/base\",\"derivation\":\"merging\",", "",
            FB_E_SCHEMA, "$.body.derived_from"},
        {FB_KIND_system, "\"active_parameters\":3e10", "\"active_parameters\":5e11", FB_E_MISMATCH,
            "$.body.active_parameters"},
        {FB_KIND_run, "2026-02-20", "2026-01-31", FB_E_TIME, "$.body.ended"},
        {FB_KIND_deployment, "\"autonomy\":4", "\"autonomy\":5", FB_E_RANGE, "$.body.autonomy"},
        {FB_KIND_deployment, "\"overruled_share\":0.02", "\"overruled_share\":2", FB_E_RANGE,
            "$.body.overruled_share"},
        {FB_KIND_deployment, "\"ended\":\"2026-02-01\"", "\"ended\":\"2025-02-01\"", FB_E_TIME,
            "$.body.ended"},
        {FB_KIND_incident, "\"ended\":\"2026-02-28\"", "\"ended\":\"2026-02-01\"", FB_E_TIME,
            "$.body.ended"},
        {FB_KIND_incident, "\"NL\"", "\"Holland\"", FB_E_SCHEMA, "$.body.country"},
        {FB_KIND_evaluation, "\"fixed\"", "\"whenever\"", FB_E_SCHEMA, "$.body.stopping"},
        {FB_KIND_evaluation, "[1,5,0,1],[1,5,2,3]", "", FB_OK, ""},
        {FB_KIND_evaluation, "[1,5,2,3]", "[1,5,2,1]", FB_E_SCHEMA, "$.body.clusters.rows[1]"},
        {FB_KIND_evaluation, "[1,5,2,3]", "[1,5,2]", FB_E_SCHEMA, "$.body.clusters.rows[1]"},
        {FB_KIND_evaluation, "[1,5,2,3]", "[0,5,2,5]", FB_E_SCHEMA, "$.body.clusters.rows[1]"},
        {FB_KIND_evaluation, "[1,5,2,3]", "[1,5,2,-5]", FB_E_SCHEMA, "$.body.clusters.rows[1]"},
        {FB_KIND_evaluation, "[1,5,2,3]", "[1,5,2,4.5]", FB_E_SCHEMA, "$.body.clusters.rows[1]"},
        {FB_KIND_evaluation, "[1,5,2,3]", "[1,5,5,5]", FB_E_MISMATCH, "$.body.clusters.rows[1]"},
        {FB_KIND_evaluation, "[1,5,0,1]", "[60,5,0,0]", FB_E_MISMATCH, "$.body.clusters.rows[1]"},
        {FB_KIND_evaluation, "[1,5,0,1]", "[59,5,0,0]", FB_E_MISMATCH, "$.body.clusters.rows"},
        {FB_KIND_evaluation, "[[1,5,0,1],[1,5,2,3]]", "7", FB_E_SCHEMA, "$.body.clusters.rows"},
        {FB_KIND_evaluation, "\"by\":\"family\"", "\"by\":7", FB_E_SCHEMA, "$.body.clusters"},
        {FB_KIND_evaluation, "\"by\":", "\"of\":", FB_E_SCHEMA, "$.body.clusters.of"},
        {FB_KIND_evaluation, "\"rows\":[[1,5,0,1],[1,5,2,3]]", "\"count\":60,\"largest\":9", FB_OK,
            ""},
        {FB_KIND_evaluation, "\"rows\":[[1,5,0,1],[1,5,2,3]]", "\"count\":60", FB_E_SCHEMA,
            "$.body.clusters"},
        {FB_KIND_evaluation, "\"rows\":[[1,5,0,1],[1,5,2,3]]", "\"count\":60,\"largest\":242",
            FB_E_MISMATCH, "$.body.clusters"},
        {FB_KIND_evaluation, "\"right_positives\":20", "\"right_positives\":21", FB_E_MISMATCH,
            "$.body.judge"},
        {FB_KIND_evaluation, "\"positives\":20,", "", FB_E_SCHEMA, "$.body.judge"},
        {FB_KIND_evaluation, "\"from\":\"a study\"", "\"x\":1", FB_E_SCHEMA, "$.body.judge"},
        {FB_KIND_report, "\"about\":\"incident/one\",", "", FB_OK, ""},
        {FB_KIND_report, "\"topic\":\"notification\",", "", FB_OK, ""},
        {FB_KIND_cluster, "\"NL\"", "\"nl\"", FB_E_SCHEMA, "$.body.country"},
        {FB_KIND_cluster, "\"ended\":\"2026-01-01\"", "\"ended\":\"2024-01-01\"", FB_E_TIME,
            "$.body.ended"},
        {FB_KIND_audit, "\"ended\":\"2026-01-20\"", "\"ended\":\"2026-01-09\"", FB_E_TIME,
            "$.body.ended"},
        {FB_KIND_audit, "2027-01-20", "2026-01-19", FB_E_TIME, "$.body.valid_until"},
        {FB_KIND_audit, "\"standard\":\"security\",", "", FB_E_SCHEMA, "$.body.standard"},
        {FB_KIND_audit, "\"critical_findings\":1", "\"critical_findings\":4", FB_E_MISMATCH,
            "$.body.critical_findings"},
        {FB_KIND_audit, "\"result\":\"findings\"", "\"result\":\"passed\"", FB_E_MISMATCH,
            "$.body.result"},
        {FB_KIND_grant, ",\"valid_until\":\"2026-09-01\"", "", FB_E_SCHEMA, "$.body.valid_until"},
        {FB_KIND_grant, "\"granted\"", "\"revoked\"", FB_OK, ""},
        {FB_KIND_grant, "2026-09-01", "2026-02-01", FB_E_TIME, "$.body.valid_until"},
        {FB_KIND_access, "\"partial\"", "\"full\"", FB_E_MISMATCH, "$.body.missing"},
        {FB_KIND_access, "2026-02-02", "2026-01-02", FB_E_TIME, "$.body.ended"},
        {FB_KIND_review, "evaluation/one", "one", FB_E_SCHEMA, "$.body.about"},
        {FB_KIND_review, "evaluation/one", "thing/one", FB_E_SCHEMA, "$.body.about"},
        {FB_KIND_review, "evaluation/one", "party/one", FB_OK, ""},
        {FB_KIND_review, "\"evaluation/one\"", "[\"evaluation/one\"]", FB_E_SCHEMA, "$.body.about"},
        {FB_KIND_licence, "\"version\":2", "\"version\":0", FB_E_RANGE, "$.body.version"},
        {FB_KIND_licence, "2027-03-01", "2026-02-01", FB_E_TIME, "$.body.valid_until"},
        {FB_KIND_licence, "\"autonomy_max\":2", "\"autonomy_max\":9", FB_E_RANGE,
            "$.body.autonomy_max"},
        {FB_KIND_licence, "\"change_needs\":2", "\"change_needs\":0", FB_E_RANGE,
            "$.body.change_needs"},
        {FB_KIND_licence, "\"change_needs\":2", "\"change_needs\":17", FB_E_RANGE,
            "$.body.change_needs"},
        {FB_KIND_licence, "\"granted\"", "\"applied\"", FB_E_MISMATCH, "$.body.change_needs"},
        {FB_KIND_order, "\"version\":1", "\"version\":0", FB_E_RANGE, "$.body.version"},
        {FB_KIND_order, "\"level\":4,", "", FB_E_SCHEMA, "$.body.level"},
        {FB_KIND_order, "\"secure\"", "\"halt\"", FB_E_MISMATCH, "$.body.level"},
        {FB_KIND_order, "\"secure\"", "\"release\"", FB_E_SCHEMA, "$.body.releases"},
        {FB_KIND_order, "\"level\":4", "\"level\":4,\"releases\":\"order/zero\"", FB_E_MISMATCH,
            "$.body.releases"},
        {FB_KIND_order, "\"level\":4", "\"level\":4,\"duty\":\"duty:x\"", FB_E_MISMATCH,
            "$.body.duty"},
        {FB_KIND_order, "\"secure\"", "\"release\",\"releases\":\"order/zero\"", FB_E_MISMATCH,
            "$.body.release_needs"},
        {FB_KIND_order, "\"release_needs\":2", "\"release_needs\":3", FB_E_MISMATCH,
            "$.body.release_by"},
        {FB_KIND_order, "\"release_needs\":2", "\"release_needs\":0", FB_E_RANGE,
            "$.body.release_needs"},
        {FB_KIND_order, "\"release_needs\":2", "\"release_needs\":17", FB_E_RANGE,
            "$.body.release_needs"},
        {FB_KIND_order, "\"party/court\"", "\"party/office\"", FB_E_DUPLICATE,
            "$.body.release_by[1]"},
        {FB_KIND_order, "\"party/court\"", "\"system/s\"", FB_E_REFERENCE, "$.body.release_by[1]"},
        {FB_KIND_order, "[\"party/office\",\"party/court\"]", "\"party/office\"", FB_E_SCHEMA,
            "$.body.release_by"},
        {FB_KIND_order, ABOUT, "", FB_OK, ""},
        {FB_KIND_order, "\"party\":\"party/aurora\",", "", FB_OK, ""},
        {FB_KIND_budget, "2026-01-01\"", "2024-01-01\"", FB_E_TIME, "$.body.valid_until"},
        {FB_KIND_budget, "\"currency\":\"EUR\",", "", FB_E_SCHEMA, "$.body.currency"},
        {FB_KIND_budget, "\"EUR\"", "\"Euro\"", FB_E_SCHEMA, "$.body.currency"},
        {FB_KIND_budget, "\"safety_money\":3e8", "\"safety_money\":3e9", FB_E_MISMATCH,
            "$.body.safety_money"},
        {FB_KIND_budget, "\"research_compute_flop\":1e26,", "", FB_E_MISMATCH,
            "$.body.safety_compute_flop"},
        {FB_KIND_progress, "59.5", "0", FB_E_RANGE, "$.body.value"},
        {FB_KIND_progress, "59.5", "-1", FB_E_RANGE, "$.body.value"},
        {FB_KIND_forecast, "2e25", "7e25", FB_E_MISMATCH, "$.body.low_flop"},
        {FB_KIND_forecast, "2027-06-01", "2027-02-01", FB_E_TIME, "$.body.reached_by"},
        {FB_KIND_forecast, "\"threshold_flop\":1e25,", "", FB_E_SCHEMA, "$.body.threshold_flop"},
        {FB_KIND_forecast, "\"high_flop\":6e25,", "", FB_OK, ""},
        {FB_KIND_budget, "0.3333333", "0.34", FB_E_MISMATCH, "$.body.safety_money_share"},
        {FB_KIND_budget, "0.3333333", "0.3333", FB_E_MISMATCH, "$.body.safety_money_share"},
        {FB_KIND_budget, "0.3333333", "0.333333", FB_OK, ""},
        {FB_KIND_budget, "\"safety_compute_flop\":1e25,", "", FB_E_SCHEMA,
            "$.body.safety_compute_flop"},
        {FB_KIND_staffing, "2026-01-01\"", "2024-01-01\"", FB_E_TIME, "$.body.valid_until"},
        {FB_KIND_staffing, "\"filled\":90", "\"filled\":121", FB_E_MISMATCH, "$.body.filled"},
        {FB_KIND_staffing, "\"technical\":60", "\"technical\":91", FB_E_MISMATCH,
            "$.body.technical"},
        {FB_KIND_staffing, "0.75", "0.8", FB_E_MISMATCH, "$.body.filled_share"},
        {FB_KIND_staffing, "\"currency\":\"EUR\",", "", FB_E_SCHEMA, "$.body.currency"},
        {FB_KIND_staffing, "\"EUR\"", "\"Euro\"", FB_E_SCHEMA, "$.body.currency"},
        {FB_KIND_decision, "2028-03-01", "2025-03-01", FB_E_TIME, "$.body.valid_until"},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        check_change(&changes[i]);
    }
    /* A run that failed may have got to no sample. */
    char *error = replaced(drafts[FB_KIND_evaluation], "\"success\"", "\"error\"");
    char *none = replaced(error,
        "\"samples\":300,\"succeeded_any\":10,\"succeeded_all\":4,"
        "\"unresolved\":2",
        "\"samples\":0,\"succeeded_any\":0,\"succeeded_all\":0,\"unresolved\":0");
    char *nowhere = replaced(none, "[1,5,0,1],[1,5,2,3]", "");
    struct fb_err err;
    struct fb_buf out;
    fb_err_init(&err);
    fb_buf_init(&out, FB_STATEMENT_MAX);
    FB_TEST_OK(canonical(nowhere, "", &out, &err));
    fb_buf_release(&out);
    free(nowhere);
    free(none);
    free(error);
}

static void test_hints(void **state)
{
    (void)state;
    static const struct {
        enum fb_kind kind;
        const char *from, *to, *message, *hint;
    } cases[] = {
        {FB_KIND_incident, "\"class\"", "\"clas\"", "a record of kind incident has no field 'clas'",
            "Did you mean 'class'?"},
        {FB_KIND_incident, "\"class\"", "\"severity\"",
            "a record of kind incident has no field 'severity'",
            "Its fields are title, class, known_to, known_at, description, state, began, ended, "
            "deployment, systems, country, deaths, injured, damage_usd, public, keep_until, "
            "hazards."},
        {FB_KIND_incident, "\"subject\"", "\"subjekt\"", "a statement has no member 'subjekt'",
            "Did you mean 'subject'?"},
        {FB_KIND_incident, "\"kind\":\"incident\"", "\"kind\":\"incidnet\"",
            "there is no kind of record \"incidnet\"", "Did you mean \"incident\"?"},
        {FB_KIND_report, "\"initial\"", "\"intial\"",
            "'stage' is \"intial\", which is none of initial|intermediate|final",
            "Did you mean \"initial\"?"},
        {FB_KIND_incident, "\"class\":\"death\",", "",
            "a record of kind incident needs the field 'class'",
            "Add 'class': its class in the words of the rules."},
        {FB_KIND_run, "[\"train\"]", "[\"\"]", "'job_names' is empty",
            "Leave the member out when there is nothing to say, or fill it in."},
        {FB_KIND_run, "[\"train\"]", "null", "'job_names' must be a list of strings, not null",
            "Leave the member out when its value is not known."},
        {FB_KIND_usage, "\"gpu_seconds\":800", "\"gpu_seconds\":80",
            "'gpu_seconds' is 80, but 8 GPUs for 100 s give another",
            "It must be 'gpus' times the whole seconds from 'started' to 'ended'."},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_err err;
        struct fb_buf out;
        fb_err_init(&err);
        fb_buf_init(&out, FB_STATEMENT_MAX);
        char *text = replaced(drafts[cases[i].kind], cases[i].from, cases[i].to);
        assert_int_not_equal(canonical(text, "", &out, &err), FB_OK);
        assert_string_equal(err.message, cases[i].message);
        assert_string_equal(err.hint, cases[i].hint);
        free(text);
        fb_buf_release(&out);
    }
}

/* A text of count times piece between two others; the caller frees it. */
static char *repeated(const char *before, const char *piece, size_t count, const char *after)
{
    size_t size = strlen(before) + strlen(piece) * count + strlen(after) + 1;
    char *out = malloc(size);
    char *at = out + snprintf(out, size, "%s", before);
    for (size_t i = 0; i < count; i++, at += strlen(piece)) {
        memcpy(at, piece, strlen(piece));
    }
    snprintf(at, size - (size_t)(at - out), "%s", after);
    return out;
}

static void check_limit(enum fb_kind kind, const char *from, char *to, bool good, const char *path)
{
    struct change change = {kind, from, to, good ? FB_OK : FB_E_LIMIT, path};
    check_change(&change);
    free(to);
}

static void test_limits(void **state)
{
    (void)state;
    const char *path = "$.body.title";
    check_limit(FB_KIND_incident, "\"I\"", repeated("\"", "x", 4096, "\""), true, "");
    check_limit(FB_KIND_incident, "\"I\"", repeated("\"", "x", 4097, "\""), false, path);
    path = "$.body.description";
    check_limit(FB_KIND_incident, "line\\nline", repeated("", "x", 32768, ""), true, "");
    check_limit(FB_KIND_incident, "line\\nline", repeated("", "x", 32769, ""), false, path);
    check_limit(FB_KIND_incident, "death", repeated("", "x", 200, ""), true, "");
    check_limit(FB_KIND_incident, "death", repeated("", "x", 201, ""), false, "$.body.class");
    check_limit(FB_KIND_incident, "incident/one", repeated("incident/", "x", 191, ""), true, "");
    check_limit(
        FB_KIND_incident, "incident/one", repeated("incident/", "x", 192, ""), false, "$.id");
    path = "$.body.models";
    check_limit(FB_KIND_system, "\"mock/one\"", repeated("\"a\"", ",\"a\"", 998, ""), true, "");
    check_limit(FB_KIND_system, "\"mock/one\"", repeated("\"a\"", ",\"a\"", 999, ""), false, path);
    /* The statement, its body, metrics and 29 lists are 32 levels. */
    char *deep = repeated("", "[", 29, "0");
    char *closed = repeated(deep, "]", 29, "");
    char *deeper = repeated("[", closed, 1, "]");
    free(deep);
    check_limit(FB_KIND_evaluation, "[0.5,null,{\"deep\":-1.5}]", closed, true, "");
    struct fb_err err;
    struct fb_buf out;
    fb_err_init(&err);
    fb_buf_init(&out, 2 * FB_STATEMENT_MAX);
    char *text = replaced(drafts[FB_KIND_evaluation], "[0.5,null,{\"deep\":-1.5}]", deeper);
    FB_TEST_FAILS(canonical(text, "", &out, &err), FB_E_LIMIT);
    free(text);
    free(deeper);

    /* A whole statement: 59,999 + 1 bytes are allowed. */
    fb_buf_clear(&out);
    FB_TEST_OK(canonical(drafts[FB_KIND_evaluation], "", &out, &err));
    size_t room = FB_STATEMENT_MAX - out.len;
    fb_buf_clear(&out);
    char *filled = repeated("\"accuracy", "y", room, "\"");
    text = replaced(drafts[FB_KIND_evaluation], "\"accuracy\"", filled);
    FB_TEST_OK(canonical(text, "", &out, &err));
    assert_int_equal(out.len, FB_STATEMENT_MAX);
    struct fb_arena arena;
    struct fb_record record;
    fb_arena_init(&arena, 16 << 20);
    FB_TEST_OK(fb_record_parse(fb_buf_str(&out), NULL, &arena, &record, &err));
    free(text);
    free(filled);
    fb_buf_clear(&out);
    filled = repeated("\"accuracy", "y", room + 1, "\"");
    text = replaced(drafts[FB_KIND_evaluation], "\"accuracy\"", filled);
    FB_TEST_FAILS(canonical(text, "", &out, &err), FB_E_LIMIT);
    assert_int_equal(out.len, 0);
    free(text);
    free(filled);
    fb_arena_release(&arena);
    fb_buf_release(&out);
}

/* A statement must be in canonical form, and says at which byte it is not. */
static void test_canonical(void **state)
{
    (void)state;
    static const char *const body =
        "\"body\":{\"document\":\"sha256:" HEX64 "\",\"name\":\"p\",\"version\":1},";
    static const char *const rest =
        "\"id\":\"policy/p\",\"issuer\":\"party/a\",\"kind\":\"policy\"}";
    static const struct {
        const char *head, *tail;
        int64_t offset; /* -1: good */
    } cases[] = {{"{\"at\":\"2026-03-01\",", "", -1}, {"{ \"at\":\"2026-03-01\",", "", 1},
        {"{\"at\":\"2026-03-01\",", "\n", 187}, {"{\"\\u0061t\":\"2026-03-01\",", "", 2}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_err err;
        struct fb_arena arena;
        struct fb_record record;
        char text[1024];
        fb_err_init(&err);
        fb_arena_init(&arena, 1 << 20);
        snprintf(text, sizeof(text), "%s%s%s%s", cases[i].head, body, rest, cases[i].tail);
        if (cases[i].offset < 0) {
            FB_TEST_OK(fb_record_parse(fb_str_of(text), "p", &arena, &record, &err));
        } else {
            FB_TEST_FAILS(
                fb_record_parse(fb_str_of(text), "p", &arena, &record, &err), FB_E_SYNTAX);
            assert_int_equal(err.offset, cases[i].offset);
            assert_non_null(strstr(err.hint, "flyball add"));
        }
        fb_arena_release(&arena);
    }
}

static void test_not_a_statement(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum fb_code code;
    } cases[] = {{"", FB_E_SYNTAX}, {"[]", FB_E_SCHEMA}, {"null", FB_E_SCHEMA}, {"7", FB_E_SCHEMA},
        {"{\"a\":1,\"a\":2}", FB_E_SYNTAX}, {"{} x", FB_E_SYNTAX}, {"\"\xff\"", FB_E_UTF8},
        {"{}", FB_E_SCHEMA}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fb_err err;
        struct fb_arena arena;
        struct fb_record record = {.seq = 77};
        fb_err_init(&err);
        fb_arena_init(&arena, 1 << 20);
        FB_TEST_FAILS(fb_record_parse(fb_str_of(cases[i].text), "bad.json", &arena, &record, &err),
            cases[i].code);
        assert_string_equal(err.file, "bad.json");
        assert_int_equal(record.seq, 77);
        fb_arena_release(&arena);
    }
}

/* The caller's issuer goes into a draft that has none, and never replaces one. */
static void test_issuer(void **state)
{
    (void)state;
    struct fb_err err;
    struct fb_buf out;
    fb_err_init(&err);
    fb_buf_init(&out, FB_STATEMENT_MAX);
    char *draft = replaced(drafts[FB_KIND_policy], "\"issuer\":\"party/aurora\",", "");
    FB_TEST_OK(canonical(draft, "party/office", &out, &err));
    assert_string_equal(out.ptr,
        "{\"at\":\"2026-03-01T09:00:00Z\",\"body\":{\"document\":\"sha256:" HEX64
        "\",\"name\":\"eu/gpai\",\"version\":1},\"id\":\"policy/one\",\"issuer\":"
        "\"party/office\",\"kind\":\"policy\"}");
    fb_buf_clear(&out);
    FB_TEST_FAILS(canonical(draft, "system/office", &out, &err), FB_E_REFERENCE);
    assert_string_equal(err.path, "$.issuer");
    fb_buf_release(&out);
    free(draft);
}

static void test_values(void **state)
{
    (void)state;
    struct fb_err err;
    struct fb_buf out;
    struct fb_arena arena;
    struct fb_record record;
    fb_err_init(&err);
    fb_buf_init(&out, FB_STATEMENT_MAX);
    fb_arena_init(&arena, 1 << 20);
    FB_TEST_OK(canonical(drafts[FB_KIND_usage], "", &out, &err));
    FB_TEST_OK(fb_record_parse(fb_buf_str(&out), NULL, &arena, &record, &err));
    fb_time start = fb_days_from_civil(2026, 2, 1) * FB_DAY;
    assert_true(fb_value_eq(fb_record_value(&record, 2), fb_value_str(FB_STR("train it"))));
    assert_true(fb_value_eq(fb_record_value(&record, 3), fb_value_str(FB_STR("run/one"))));
    assert_true(fb_value_eq(fb_record_value(&record, 5), fb_value_time(start)));
    assert_true(fb_value_eq(fb_record_value(&record, 7), fb_value_int(8)));
    assert_true(fb_str_is(fb_record_text(&record, "state"), "COMPLETED"));
    assert_int_equal(fb_record_text(&record, "gpus").len, 0);
    assert_int_equal(fb_record_text(&record, "no").len, 0);
    fb_buf_clear(&out);
    char *draft = replaced(drafts[FB_KIND_system], "\"designated\":true,", "");
    FB_TEST_OK(canonical(draft, "", &out, &err));
    FB_TEST_OK(fb_record_parse(fb_buf_str(&out), NULL, &arena, &record, &err));
    assert_true(fb_value_eq(fb_record_value(&record, 2), fb_value_float(1e25)));
    assert_int_equal(fb_record_value(&record, 3).type, FB_TYPE_NONE);
    assert_int_equal(fb_record_value(&record, 4).type, FB_TYPE_NONE);
    fb_buf_clear(&out);
    FB_TEST_OK(canonical(drafts[FB_KIND_system], "", &out, &err));
    FB_TEST_OK(fb_record_parse(fb_buf_str(&out), NULL, &arena, &record, &err));
    assert_true(fb_value_eq(fb_record_value(&record, 3), fb_value_bool(true)));
    free(draft);
    fb_arena_release(&arena);
    fb_buf_release(&out);
}

/* Every allocation of both ways fails once; nothing leaks and outputs stay. */
static void test_memory(void **state)
{
    (void)state;
    struct fb_err err;
    struct fb_arena drafted;
    struct fb_json *draft = NULL;
    fb_err_init(&err);
    fb_arena_init(&drafted, 1 << 20);
    FB_TEST_OK(
        fb_json_parse(fb_str_of(drafts[FB_KIND_evaluation]), NULL, NULL, &drafted, &draft, &err));
    enum fb_code code = FB_E_NOMEM;
    for (int64_t n = 0; code != FB_OK; n++) {
        struct fb_buf out;
        struct fb_arena arena;
        struct fb_record record = {.seq = 77};
        fb_err_init(&err);
        fb_buf_init(&out, FB_STATEMENT_MAX);
        fb_arena_init(&arena, 1 << 20);
        fb_alloc_fail_at(n);
        code =
            fb_record_canonical(draft, (struct fb_record_fill){.issuer = FB_STR("")}, &out, &err);
        assert_true(code == FB_OK || out.len == 0);
        if (code == FB_OK) {
            code = fb_record_parse(fb_buf_str(&out), NULL, &arena, &record, &err);
        }
        fb_alloc_fail_at(-1);
        if (code != FB_OK) {
            assert_int_equal(code, FB_E_NOMEM);
            assert_int_equal(record.seq, 77);
        }
        fb_arena_release(&arena);
        fb_buf_release(&out);
        assert_true(n < 1000);
    }
    fb_arena_release(&drafted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_more_drafts), cmocka_unit_test(test_members),
        cmocka_unit_test(test_field_types), cmocka_unit_test(test_rules),
        cmocka_unit_test(test_hints), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_canonical), cmocka_unit_test(test_not_a_statement),
        cmocka_unit_test(test_issuer), cmocka_unit_test(test_values),
        cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
