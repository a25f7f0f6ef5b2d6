/* Proofs as lines of JSON. */
#include "proof/proof_file.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/json.h"
#include "base/limit.h"

/* ---- writing ---- */

static void add_float(struct fb_json_writer *w, double x)
{
    fb_json_open_object(w);
    fb_json_key(w, "float");
    if (isfinite(x)) {
        fb_json_double(w, x);
    } else {
        fb_json_c(w, isnan(x) ? "nan" : x > 0 ? "inf" : "-inf");
    }
    fb_json_close_object(w);
}

/* Text that is not UTF-8 is written as its bytes. */
static void add_text(struct fb_json_writer *w, struct fb_str text)
{
    static const char digits[] = "0123456789abcdef";
    size_t offset;
    if (fb_str_utf8(text, &offset)) {
        fb_json_str(w, text);
        return;
    }
    fb_json_open_object(w);
    fb_json_key(w, "bytes");
    fb_json_raw(w, FB_STR("\""));
    for (size_t i = 0; i < text.len; i++) {
        fb_buf_add_char(w->out, digits[(unsigned char)text.ptr[i] >> 4]);
        fb_buf_add_char(w->out, digits[(unsigned char)text.ptr[i] & 15]);
    }
    fb_buf_add_char(w->out, '"');
    fb_json_close_object(w);
}

static void add_value(struct fb_json_writer *w, struct fb_value value)
{
    switch (value.type) {
    case FB_TYPE_NONE:
        fb_json_null(w);
        return;
    case FB_TYPE_STRING:
        add_text(w, value.u.text);
        return;
    case FB_TYPE_INT:
        fb_json_int(w, value.u.integer);
        return;
    case FB_TYPE_FLOAT:
        add_float(w, value.u.number);
        return;
    case FB_TYPE_TIME:
        fb_json_open_object(w);
        fb_json_key_int(w, "time", value.u.time);
        fb_json_close_object(w);
        return;
    case FB_TYPE_BOOL:
        fb_json_bool(w, value.u.truth);
        return;
    }
}

void fb_proof_write_values(struct fb_json_writer *w, const struct fb_value *values, size_t count)
{
    fb_json_key(w, "values");
    fb_json_open_array(w);
    for (size_t i = 0; i < count; i++) {
        add_value(w, values[i]);
    }
    fb_json_close_array(w);
}

static bool names_relation(enum fb_rule rule)
{
    return rule == FB_RULE_FACT || rule == FB_RULE_ABSENT;
}

static void add_step(struct fb_json_writer *w, const struct fb_signature *signature,
    const struct fb_proof_step *proof)
{
    size_t kids = 0;
    for (const struct fb_proof_step *kid = proof->kid; kid; kid = kid->next) {
        kids++;
    }
    fb_json_open_object(w);
    fb_json_key_c(w, "rule", fb_rule_name(proof->rule));
    fb_json_key_bool(w, "holds", proof->holds);
    fb_json_key_int(w, "from", (int64_t)proof->from);
    fb_json_key_int(w, "to", (int64_t)proof->to);
    if (names_relation(proof->rule)) {
        FB_ASSERT(proof->at < signature->count);
        fb_json_key_str(w, "relation", signature->relations[proof->at].name);
    } else if (proof->at) {
        fb_json_key_int(w, "at", (int64_t)proof->at);
    }
    if (proof->value_count) {
        fb_proof_write_values(w, proof->values, proof->value_count);
    }
    if (proof->seq != FB_WHY_NO_RECORD) {
        fb_json_key_str(w, "record", proof->record_id);
        fb_json_key_int(w, "seq", (int64_t)proof->seq);
    }
    if (kids) {
        fb_json_key_int(w, "kids", (int64_t)kids);
    }
    fb_json_close_object(w);
    for (const struct fb_proof_step *kid = proof->kid; kid; kid = kid->next) {
        add_step(w, signature, kid);
    }
}

static void add_steps(struct fb_json_writer *w, const struct fb_signature *signature,
    const struct fb_proof_step *proof)
{
    fb_json_key(w, "steps");
    fb_json_open_array(w);
    add_step(w, signature, proof);
    fb_json_close_array(w);
}

void fb_proof_write_version(struct fb_buf *out)
{
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 0);
    fb_json_open_object(&w);
    fb_json_key_int(&w, "version", FB_PROOF_VERSION);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
}

/* The value of a parameter, or which it has not. */
static void add_param(struct fb_json_writer *w, const struct fb_proof_param *param)
{
    if (param->known) {
        add_value(w, param->value);
        return;
    }
    fb_json_open_object(w);
    fb_json_key(w, "but");
    fb_json_open_array(w);
    for (size_t i = 0; i < param->but_count; i++) {
        add_value(w, param->but[i]);
    }
    fb_json_close_array(w);
    fb_json_close_object(w);
}

enum fb_code fb_proof_write_lemma(const struct fb_proof_lemma *lemma,
    const struct fb_signature *signature, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(lemma && lemma->proof && signature && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 0);
    fb_json_open_object(&w);
    fb_json_key_int(&w, "lemma", (int64_t)lemma->number);
    fb_json_key_int(&w, "letpast", (int64_t)lemma->definition);
    if (lemma->frozen_count) {
        fb_json_key(&w, "frozen");
        fb_json_open_array(&w);
        for (size_t i = 0; i < lemma->frozen_count; i++) {
            fb_json_int(&w, (int64_t)lemma->frozen[i]);
        }
        fb_json_close_array(&w);
    }
    fb_json_key_int(&w, "tp", (int64_t)lemma->tp);
    fb_json_key_bool(&w, "holds", lemma->holds);
    fb_json_key(&w, "of");
    fb_json_open_array(&w);
    for (size_t i = 0; i < lemma->param_count; i++) {
        add_param(&w, &lemma->params[i]);
    }
    fb_json_close_array(&w);
    add_steps(&w, signature, lemma->proof);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the proofs", err);
}

enum fb_code fb_proof_write(const struct fb_proof_entry *entry,
    const struct fb_signature *signature, struct fb_buf *out, struct fb_err *err)
{
    FB_ASSERT(entry && entry->proof && signature && out);
    struct fb_json_writer w;
    fb_json_writer_init(&w, out, 0);
    fb_json_open_object(&w);
    if (entry->about.len) {
        fb_json_key_str(&w, "about", entry->about);
    }
    fb_json_key_int(&w, "tp", (int64_t)entry->tp);
    if (entry->to > entry->tp) {
        fb_json_key_int(&w, "to", (int64_t)entry->to);
    }
    fb_json_key_int(&w, "time", entry->time);
    fb_json_key_bool(&w, "holds", entry->holds);
    if (!entry->any) {
        fb_proof_write_values(&w, entry->values, entry->value_count);
    }
    add_steps(&w, signature, entry->proof);
    fb_json_close_object(&w);
    fb_buf_add_char(out, '\n');
    return fb_buf_check(out, "the proofs", err);
}

/* ---- reading ---- */

/* A line that is read. */
struct source {
    const struct fb_signature *signature;
    struct fb_arena *arena;
    struct fb_err *err;
    const struct fb_json *next; /* step */
    size_t depth;
};

static enum fb_code refuse(struct source *s, const struct fb_json *at, const char *message)
{
    (void)fb_err_set(s->err, FB_E_SCHEMA, "%s", message);
    return fb_json_err_at(s->err, at);
}

/* Every member is known. */
static enum fb_code only(
    struct source *s, const struct fb_json *object, const char *const *keys, size_t count)
{
    if (object->kind != FB_JSON_OBJECT) {
        return refuse(s, object, "expected an object");
    }
    for (const struct fb_json *member = object->child; member; member = member->next) {
        size_t i = 0;
        while (i < count && !fb_str_is(member->key, keys[i])) {
            i++;
        }
        if (i == count || fb_json_get(object, keys[i]) != member) {
            return refuse(s, member, "a member is not known, or there twice");
        }
    }
    return FB_OK;
}

/* A whole number that is not negative; `otherwise` when it is absent. */
static enum fb_code read_size(struct source *s, const struct fb_json *object, const char *key,
    const size_t *otherwise, size_t *out)
{
    const struct fb_json *number = fb_json_get(object, key);
    if (!number && otherwise) {
        *out = *otherwise;
        return FB_OK;
    }
    if (!number || number->kind != FB_JSON_NUMBER || !number->is_integer || number->integer < 0) {
        (void)fb_err_set(s->err, FB_E_SCHEMA, "'%s' is not a whole number", key);
        return fb_json_err_at(s->err, number ? number : object);
    }
    *out = (size_t)number->integer;
    return FB_OK;
}

static enum fb_code read_bool(
    struct source *s, const struct fb_json *object, const char *key, bool *out)
{
    const struct fb_json *value = fb_json_get(object, key);
    if (!value || (value->kind != FB_JSON_TRUE && value->kind != FB_JSON_FALSE)) {
        (void)fb_err_set(s->err, FB_E_SCHEMA, "'%s' is not true or false", key);
        return fb_json_err_at(s->err, value ? value : object);
    }
    *out = value->kind == FB_JSON_TRUE;
    return FB_OK;
}

/* A float, a time or bytes: an object with one member. */
static enum fb_code read_tagged(struct source *s, const struct fb_json *json, struct fb_value *out)
{
    const struct fb_json *member = json->child;
    if (json->count != 1) {
        return refuse(s, json, "a value has one member");
    }
    if (fb_str_is(member->key, "float") && member->kind == FB_JSON_NUMBER) {
        *out = fb_value_float(member->number);
        return FB_OK;
    }
    if (fb_str_is(member->key, "float") && member->kind == FB_JSON_STRING) {
        double x = fb_str_is(member->text, "inf")    ? (double)INFINITY
                   : fb_str_is(member->text, "-inf") ? -(double)INFINITY
                                                     : (double)NAN;
        *out = fb_value_float(x);
        return isnan(x) && !fb_str_is(member->text, "nan")
                   ? refuse(s, member, "a number is not finite in its own way")
                   : FB_OK;
    }
    if (fb_str_is(member->key, "time") && member->is_integer) {
        *out = fb_value_time(member->integer);
        return FB_OK;
    }
    if (fb_str_is(member->key, "bytes") && member->kind == FB_JSON_STRING) {
        size_t len = member->text.len / 2;
        uint8_t *bytes = FB_ARENA_ARRAY(s->arena, uint8_t, len);
        if (!bytes) {
            return fb_arena_failed(s->arena, s->err);
        }
        *out = fb_value_str((struct fb_str){(char *)bytes, len});
        return fb_hex_decode(member->text, bytes, len)
                   ? FB_OK
                   : refuse(s, member, "these are not bytes in hexadecimal");
    }
    return refuse(s, member, "a value is a float, a time or bytes");
}

static enum fb_code read_value(struct source *s, const struct fb_json *json, struct fb_value *out)
{
    switch ((int)json->kind) {
    case FB_JSON_NULL:
        *out = fb_value_none();
        return FB_OK;
    case FB_JSON_TRUE:
    case FB_JSON_FALSE:
        *out = fb_value_bool(json->kind == FB_JSON_TRUE);
        return FB_OK;
    case FB_JSON_STRING:
        *out = fb_value_str(json->text);
        return FB_OK;
    case FB_JSON_NUMBER:
        *out = fb_value_int(json->integer);
        return json->is_integer ? FB_OK : refuse(s, json, "a number is not whole");
    case FB_JSON_OBJECT:
        return read_tagged(s, json, out);
    default:
        return refuse(s, json, "a value is no list");
    }
}

static enum fb_code read_values(
    struct source *s, const struct fb_json *list, const struct fb_value **out, size_t *out_count)
{
    if (list->kind != FB_JSON_ARRAY) {
        return refuse(s, list, "expected a list of values");
    }
    struct fb_value *values = FB_ARENA_ARRAY(s->arena, struct fb_value, list->count);
    if (!values) {
        return fb_arena_failed(s->arena, s->err);
    }
    size_t count = 0;
    for (const struct fb_json *item = list->child; item; item = item->next) {
        enum fb_code code = read_value(s, item, &values[count++]);
        if (code) {
            return code;
        }
    }
    *out = values;
    *out_count = count;
    return FB_OK;
}

enum fb_code fb_proof_read_values(const struct fb_json *list, struct fb_arena *arena,
    const struct fb_value **out, size_t *out_count, struct fb_err *err)
{
    FB_ASSERT(list && arena && out && out_count);
    struct source s = {.arena = arena, .err = err};
    return read_values(&s, list, out, out_count);
}

static enum fb_code read_rule(struct source *s, const struct fb_json *json, enum fb_rule *out)
{
    struct fb_str name = fb_json_get_str(json, "rule");
    for (int rule = 0; rule < FB_RULE_COUNT; rule++) {
        if (fb_str_is(name, fb_rule_name((enum fb_rule)rule))) {
            *out = (enum fb_rule)rule;
            return FB_OK;
        }
    }
    return refuse(s, json, "a rule is not known");
}

static enum fb_code read_relation(struct source *s, const struct fb_json *json, size_t *out)
{
    struct fb_str name = fb_json_get_str(json, "relation");
    for (size_t i = 0; i < s->signature->count; i++) {
        if (fb_str_eq(s->signature->relations[i].name, name)) {
            *out = i;
            return FB_OK;
        }
    }
    return refuse(s, json, "the signature has no such predicate");
}

/* The members of a step but its kids. */
static enum fb_code read_members(
    struct source *s, const struct fb_json *json, struct fb_proof_step *proof, size_t *out_kids)
{
    static const char *const keys[] = {
        "rule", "holds", "from", "to", "at", "relation", "values", "record", "seq", "kids"};
    const size_t zero = 0;
    const size_t none = SIZE_MAX;
    size_t seq = 0;
    enum fb_code code = only(s, json, keys, sizeof(keys) / sizeof(keys[0]));
    code = code ? code : read_rule(s, json, &proof->rule);
    code = code ? code : read_bool(s, json, "holds", &proof->holds);
    code = code ? code : read_size(s, json, "from", NULL, &proof->from);
    code = code ? code : read_size(s, json, "to", NULL, &proof->to);
    code = code ? code : read_size(s, json, "at", &zero, &proof->at);
    code = code ? code : read_size(s, json, "seq", &none, &seq);
    code = code ? code : read_size(s, json, "kids", &zero, out_kids);
    if (code) {
        return code;
    }
    proof->seq = seq == none ? FB_WHY_NO_RECORD : seq;
    proof->record_id = fb_json_get_str(json, "record");
    bool relation = fb_json_get(json, "relation") != NULL;
    if (relation != names_relation(proof->rule) || (relation && fb_json_get(json, "at"))) {
        return refuse(s, json, "a step about facts, and no other, names a relation");
    }
    code = relation ? read_relation(s, json, &proof->at) : FB_OK;
    const struct fb_json *values = fb_json_get(json, "values");
    return code || !values ? code : read_values(s, values, &proof->values, &proof->value_count);
}

/* A step and its kids, which follow it in the list. */
static enum fb_code read_step(struct source *s, struct fb_proof_step **out)
{
    const struct fb_json *json = s->next;
    struct fb_proof_step *proof = FB_ARENA_NEW(s->arena, struct fb_proof_step);
    size_t kids = 0;
    if (!proof) {
        return fb_arena_failed(s->arena, s->err);
    }
    if (s->depth >= FB_PROOF_DEPTH_MAX + 100) {
        (void)fb_err_set(s->err, FB_E_LIMIT, "a proof is more than %d steps deep", (int)s->depth);
        return fb_json_err_at(s->err, json);
    }
    s->next = json->next;
    s->depth++;
    enum fb_code code = read_members(s, json, proof, &kids);
    struct fb_proof_step **end = &proof->kid;
    for (size_t i = 0; code == FB_OK && i < kids; i++) {
        code = s->next ? read_step(s, end) : refuse(s, json, "its kids are missing");
        end = code ? end : &(*end)->next;
    }
    s->depth--;
    if (code == FB_OK) {
        *out = proof;
    }
    return code;
}

/* The tree of an object that has "steps". */
static enum fb_code read_tree(
    struct source *s, const struct fb_json *json, const struct fb_proof_step **out)
{
    const struct fb_json *steps = fb_json_get(json, "steps");
    struct fb_proof_step *proof = NULL;
    if (!steps || steps->kind != FB_JSON_ARRAY || !steps->child) {
        return refuse(s, json, "'steps' is not a list of steps");
    }
    if (steps->count > fb_limit(FB_PROOF_READ_MAX)) {
        return fb_err_set(s->err, FB_E_LIMIT, "a proof has more than %d steps", FB_PROOF_READ_MAX);
    }
    s->next = steps->child;
    enum fb_code code = read_step(s, &proof);
    if (code == FB_OK && s->next) {
        code = refuse(s, s->next, "a step has no place in the tree");
    }
    if (code == FB_OK) {
        *out = proof;
    }
    return code;
}

static enum fb_code read_entry(
    struct source *s, const struct fb_json *json, struct fb_proof_entry *out)
{
    static const char *const keys[] = {"about", "tp", "to", "time", "holds", "values", "steps"};
    struct fb_proof_entry entry = {0};
    enum fb_code code = only(s, json, keys, sizeof(keys) / sizeof(keys[0]));
    code = code ? code : read_size(s, json, "tp", NULL, &entry.tp);
    code = code ? code : read_size(s, json, "to", &entry.tp, &entry.to);
    code = code ? code : read_bool(s, json, "holds", &entry.holds);
    if (code) {
        return code;
    }
    entry.about = fb_json_get_str(json, "about");
    const struct fb_json *time = fb_json_get(json, "time");
    const struct fb_json *values = fb_json_get(json, "values");
    if (!time || !time->is_integer) {
        return refuse(s, json, "'time' is not a whole number");
    }
    entry.time = time->integer;
    entry.any = !values;
    code = values ? read_values(s, values, &entry.values, &entry.value_count) : FB_OK;
    code = code ? code : read_tree(s, json, &entry.proof);
    if (code == FB_OK) {
        *out = entry;
    }
    return code;
}

static enum fb_code read_param(
    struct source *s, const struct fb_json *json, struct fb_proof_param *out)
{
    const struct fb_json *but = json->kind == FB_JSON_OBJECT ? fb_json_get(json, "but") : NULL;
    *out = (struct fb_proof_param){.known = !but};
    if (!but) {
        return read_value(s, json, &out->value);
    }
    return json->count == 1 ? read_values(s, but, &out->but, &out->but_count)
                            : refuse(s, json, "a parameter has one member");
}

/* The time-points of the FREEZEs around a lemma. */
static enum fb_code read_frozen(
    struct source *s, const struct fb_json *json, struct fb_proof_lemma *out)
{
    const struct fb_json *list = fb_json_get(json, "frozen");
    if (!list) {
        return FB_OK;
    }
    size_t *frozen = FB_ARENA_ARRAY(s->arena, size_t, list->count);
    if (!frozen) {
        return fb_arena_failed(s->arena, s->err);
    }
    if (list->kind != FB_JSON_ARRAY) {
        return refuse(s, list, "'frozen' is not a list of time-points");
    }
    for (const struct fb_json *item = list->child; item; item = item->next) {
        if (item->kind != FB_JSON_NUMBER || !item->is_integer || item->integer < 0) {
            return refuse(s, item, "'frozen' is not a list of time-points");
        }
        frozen[out->frozen_count++] = (size_t)item->integer;
    }
    out->frozen = frozen;
    return FB_OK;
}

static enum fb_code read_lemma(
    struct source *s, const struct fb_json *json, struct fb_proof_lemma *out)
{
    static const char *const keys[] = {"lemma", "letpast", "frozen", "tp", "holds", "of", "steps"};
    struct fb_proof_lemma lemma = {0};
    enum fb_code code = only(s, json, keys, sizeof(keys) / sizeof(keys[0]));
    code = code ? code : read_size(s, json, "lemma", NULL, &lemma.number);
    code = code ? code : read_size(s, json, "letpast", NULL, &lemma.definition);
    code = code ? code : read_frozen(s, json, &lemma);
    code = code ? code : read_size(s, json, "tp", NULL, &lemma.tp);
    code = code ? code : read_bool(s, json, "holds", &lemma.holds);
    const struct fb_json *of = code ? NULL : fb_json_get(json, "of");
    if (code == FB_OK && (!of || of->kind != FB_JSON_ARRAY)) {
        code = refuse(s, of ? of : json, "'of' is not a list of parameters");
    }
    if (code) {
        return code;
    }
    struct fb_proof_param *params = FB_ARENA_ARRAY(s->arena, struct fb_proof_param, of->count);
    if (!params) {
        return fb_arena_failed(s->arena, s->err);
    }
    lemma.params = params;
    for (const struct fb_json *item = of->child; code == FB_OK && item; item = item->next) {
        code = read_param(s, item, &params[lemma.param_count++]);
    }
    code = code ? code : read_tree(s, json, &lemma.proof);
    if (code == FB_OK) {
        *out = lemma;
    }
    return code;
}

static enum fb_code read_version(struct source *s, const struct fb_json *json, size_t *out)
{
    static const char *const keys[] = {"version"};
    size_t version = 0;
    enum fb_code code = only(s, json, keys, 1);
    code = code ? code : read_size(s, json, "version", NULL, &version);
    if (code == FB_OK && (version < 1 || version > FB_PROOF_VERSION)) {
        (void)fb_err_set(
            s->err, FB_E_UNSUPPORTED, "proofs of version %zu are not known here", version);
        return fb_err_hint(s->err, "Versions 1 to %d are.", FB_PROOF_VERSION);
    }
    if (code == FB_OK) {
        *out = version;
    }
    return code;
}

static enum fb_code parse(
    struct source *s, struct fb_str line, struct fb_json **out, struct fb_err *err)
{
    if (line.len > fb_limit(FB_PROOF_LINE_MAX)) {
        return fb_err_set(err, FB_E_LIMIT, "a proof is larger than %d bytes", FB_PROOF_LINE_MAX);
    }
    return fb_json_parse(line, NULL, NULL, s->arena, out, err);
}

enum fb_code fb_proof_read(struct fb_str line, const struct fb_signature *signature,
    struct fb_arena *arena, struct fb_proof_entry *out, struct fb_err *err)
{
    FB_ASSERT(signature && arena && out);
    struct source s = {.signature = signature, .arena = arena, .err = err};
    struct fb_json *json = NULL;
    enum fb_code code = parse(&s, line, &json, err);
    return code ? code : read_entry(&s, json, out);
}

enum fb_code fb_proof_read_line(struct fb_str line, const struct fb_signature *signature,
    struct fb_arena *arena, struct fb_proof_line *out, struct fb_err *err)
{
    FB_ASSERT(signature && arena && out);
    struct source s = {.signature = signature, .arena = arena, .err = err};
    struct fb_proof_line read = {.kind = FB_PROOF_LINE_CLAIM};
    struct fb_json *json = NULL;
    enum fb_code code = parse(&s, line, &json, err);
    if (code) {
        return code;
    }
    bool object = json->kind == FB_JSON_OBJECT;
    if (object && fb_json_get(json, "lemma")) {
        read.kind = FB_PROOF_LINE_LEMMA;
        code = read_lemma(&s, json, &read.lemma);
    } else if (object && fb_json_get(json, "version")) {
        read.kind = FB_PROOF_LINE_VERSION;
        code = read_version(&s, json, &read.version);
    } else {
        code = read_entry(&s, json, &read.entry);
    }
    if (code == FB_OK) {
        *out = read;
    }
    return code;
}
