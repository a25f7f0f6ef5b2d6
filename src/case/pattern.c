#include "case/pattern.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/decimal.h"

enum { TEXT_MAX = 1 << 20 };

/* A parameter with its values. */
struct parameter {
    struct fb_pattern_parameter about;
    struct fb_str *values; /* none when count is 0 */
    size_t count;
};

/* An element of the pattern. */
struct part {
    const struct fb_yaml *node;
    uint64_t each;  /* the parameter that it stands once for each value of; 0: none */
    uint64_t scope; /* parameters whose values its instances differ by */
    uint8_t state;  /* of the walk that finds scopes: 1 under way, 2 done */
    bool is_child;  /* another is supported by it, or has it as context */
    bool kept;      /* its condition holds */
    bool reached;
};

/* One application. */
struct applying {
    const struct fb_doc_file *file;
    struct fb_arena *arena;
    struct parameter *parameters;
    size_t parameter_count;
    struct part *parts;
    size_t part_count;
    struct fb_map ids;  /* id to part */
    struct fb_map made; /* ids of instances */
    struct fb_yaml_builder builder;
    size_t instances;
    size_t names;                             /* in lists of instances */
    size_t chosen[FB_PATTERN_PARAMETERS_MAX]; /* of each parameter: its value in the instance */
    bool is_open;                             /* a parameter without a value was met */
    struct fb_err *err;
};

static const char *const LISTS[] = {"supportedBy", "inContextOf", "challenges"};
enum { LIST_COUNT = sizeof(LISTS) / sizeof(LISTS[0]) };

/* ---- errors ---- */

static enum fb_code refuse(
    const struct applying *a, const struct fb_yaml *at, const char *what, const char *hint)
{
    (void)fb_err_set(a->err, FB_E_SCHEMA, "'%.*s' %s", FB_STR_ARG(at->key), what);
    (void)fb_err_hint(a->err, "%s", hint);
    return fb_yaml_err_at(a->err, a->file->text, a->file->path, at->line, at->offset);
}

/* ---- parameters ---- */

static const struct fb_yaml *pattern_of(const struct fb_yaml *root)
{
    const struct fb_yaml *pattern = fb_yaml_get(fb_yaml_get(root, "module"), "pattern");
    return pattern && pattern->kind == FB_YAML_MAP ? pattern : NULL;
}

static bool is_flag(const struct fb_yaml *map, const char *key)
{
    const struct fb_yaml *node = fb_yaml_get(map, key);
    bool flag = false;
    return node && fb_yaml_flag(node, &flag) && flag;
}

static struct fb_str text_at(const struct fb_yaml *map, const char *key)
{
    const struct fb_yaml *node = fb_yaml_get(map, key);
    return node && node->kind == FB_YAML_SCALAR ? fb_str_trim(node->text)
                                                : (struct fb_str){NULL, 0};
}

enum fb_code fb_pattern_parameters(const struct fb_doc_file *pattern, struct fb_arena *arena,
    struct fb_pattern_parameter **out, size_t *out_count, struct fb_err *err)
{
    FB_ASSERT(pattern && arena && out && out_count);
    const struct fb_yaml *map = pattern_of(pattern->root);
    if (!map) {
        (void)fb_err_set(err, FB_E_SCHEMA, "the file is no pattern: its module section has none");
        return fb_err_hint(err, "Add `pattern: {NAME: {text: ...}}` to the module section.");
    }
    if (map->count > FB_PATTERN_PARAMETERS_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "the pattern has more than %d parameters", FB_PATTERN_PARAMETERS_MAX);
    }
    struct fb_pattern_parameter *list =
        FB_ARENA_ARRAY(arena, struct fb_pattern_parameter, map->count + 1);
    if (!list) {
        return fb_arena_failed(arena, err);
    }
    size_t count = 0;
    for (const struct fb_yaml *item = map->child; item; item = item->next) {
        list[count++] = (struct fb_pattern_parameter){.name = item->key,
            .text = item->kind == FB_YAML_SCALAR ? item->text : text_at(item, "text"),
            .initial = text_at(item, "default"),
            .many = is_flag(item, "many")};
    }
    *out = list;
    *out_count = count;
    return FB_OK;
}

static struct parameter *parameter_of(const struct applying *a, struct fb_str name)
{
    for (size_t i = 0; i < a->parameter_count; i++) {
        if (fb_str_eq(a->parameters[i].about.name, name)) {
            return &a->parameters[i];
        }
    }
    return NULL;
}

static uint64_t bit_of(const struct applying *a, const struct parameter *p)
{
    return UINT64_C(1) << (p - a->parameters);
}

/* "a; b; c" as three values, or one text. */
static enum fb_code set_values(
    struct applying *a, struct parameter *p, struct fb_str text, bool given)
{
    size_t count = 1;
    for (size_t i = 0; p->about.many && i < text.len; i++) {
        count += text.ptr[i] == ';';
    }
    if (count > FB_PATTERN_VALUES_MAX) {
        return fb_err_set(a->err, FB_E_LIMIT, "'%.*s' has more than %d values",
            FB_STR_ARG(p->about.name), FB_PATTERN_VALUES_MAX);
    }
    p->values = FB_ARENA_ARRAY(a->arena, struct fb_str, count);
    if (!p->values) {
        return fb_arena_failed(a->arena, a->err);
    }
    p->count = 0;
    for (size_t from = 0; from <= text.len;) {
        size_t end = p->about.many ? fb_str_find(text, ';', from) : text.len;
        struct fb_str value = fb_str_trim(fb_str_sub(text, from, end - from));
        if (value.len > 0) {
            p->values[p->count++] = value;
        }
        from = end + 1;
    }
    if (p->count == 0 && given) {
        (void)fb_err_set(a->err, FB_E_USAGE, "'%.*s' is set to nothing", FB_STR_ARG(p->about.name));
        return fb_err_hint(a->err, "Give it a value, or leave it out.");
    }
    return FB_OK;
}

static enum fb_code read_parameters(struct applying *a, const struct fb_pattern_request *request)
{
    struct fb_pattern_parameter *list = NULL;
    enum fb_code code =
        fb_pattern_parameters(a->file, a->arena, &list, &a->parameter_count, a->err);
    if (code != FB_OK) {
        return code;
    }
    a->parameters = FB_ARENA_ARRAY(a->arena, struct parameter, a->parameter_count + 1);
    if (!a->parameters) {
        return fb_arena_failed(a->arena, a->err);
    }
    for (size_t i = 0; code == FB_OK && i < a->parameter_count; i++) {
        a->parameters[i].about = list[i];
        if (list[i].initial.ptr) {
            code = set_values(a, &a->parameters[i], list[i].initial, false);
        }
    }
    for (size_t i = 0; code == FB_OK && i < request->setting_count; i++) {
        struct parameter *p = parameter_of(a, request->settings[i].name);
        if (!p) {
            (void)fb_err_set(a->err, FB_E_USAGE, "the pattern has no parameter '%.*s'",
                FB_STR_ARG(request->settings[i].name));
            return fb_err_hint(a->err, "`flyball case new --pattern NAME --list` prints them.");
        }
        code = set_values(a, p, request->settings[i].value, true);
    }
    return code;
}

/* ---- numbers ---- */

/* "3", "20%" or "10..100" */
static bool read_range(struct fb_str text, double out[2])
{
    size_t dots = fb_str_find(text, '.', 0);
    while (dots + 1 < text.len && text.ptr[dots + 1] != '.') {
        dots = fb_str_find(text, '.', dots + 1);
    }
    bool range = dots + 1 < text.len;
    struct fb_str ends[2] = {range ? fb_str_sub(text, 0, dots) : text,
        range ? fb_str_sub(text, dots + 2, text.len) : text};
    for (int i = 0; i < 2; i++) {
        struct fb_decimal decimal;
        struct fb_err ignored;
        fb_err_init(&ignored);
        struct fb_str end = fb_str_trim(ends[i]);
        bool percent = fb_str_ends(end, FB_STR("%"));
        if (fb_decimal_parse(fb_str_sub(end, 0, end.len - percent), &decimal, &ignored) != FB_OK) {
            return false;
        }
        out[i] = fb_decimal_to_double(percent ? fb_decimal_scale(decimal, -2) : decimal);
    }
    return out[0] >= 0 && out[0] <= out[1] && isfinite(out[1]);
}

/* Takes a word off the front. */
static struct fb_str word(struct fb_str *rest)
{
    *rest = fb_str_trim(*rest);
    size_t end = fb_str_find(*rest, ' ', 0);
    struct fb_str out = fb_str_sub(*rest, 0, end);
    *rest = fb_str_trim(fb_str_sub(*rest, end, rest->len));
    return out;
}

/* The value of a parameter in the instance at hand; NULL when it has none. */
static struct fb_str value_of(const struct applying *a, const struct parameter *p)
{
    return p->count ? p->values[a->chosen[p - a->parameters] % p->count] : (struct fb_str){NULL, 0};
}

/* The product of the parameters named in words, as a range: 1 done, 0 one has no value, -1 wrong.
 */
static int product_of(const struct applying *a, struct fb_str words, double out[2])
{
    int state = 1;
    out[0] = out[1] = 1;
    while (words.len > 0) {
        double range[2];
        const struct parameter *p = parameter_of(a, word(&words));
        if (!p) {
            return -1;
        }
        struct fb_str value = value_of(a, p);
        if (!value.ptr) {
            state = state < 1 ? state : 0;
        } else if (!read_range(value, range)) {
            return -1;
        } else {
            out[0] *= range[0];
            out[1] *= range[1];
        }
    }
    return state;
}

/* ---- texts ---- */

/* Appends what stands between braces. False when it means nothing. */
static bool add_inner(struct applying *a, struct fb_str inner, struct fb_buf *out)
{
    if (fb_str_starts(inner, FB_STR("product:"))) {
        double range[2];
        int state = product_of(a, fb_str_sub(inner, 8, inner.len), range);
        if (state == 1) {
            fb_buf_addf(out, range[0] < range[1] ? "%.4g to %.4g" : "%.4g", range[0], range[1]);
        } else {
            fb_buf_addf(out, "{%.*s}", FB_STR_ARG(inner));
            a->is_open = true;
        }
        return state >= 0;
    }
    const struct parameter *p = parameter_of(a, fb_str_trim(inner));
    struct fb_str value = p ? value_of(a, p) : (struct fb_str){NULL, 0};
    if (value.ptr) {
        fb_buf_add_str(out, value);
    } else {
        fb_buf_addf(out, "{%.*s}", FB_STR_ARG(inner));
        a->is_open = a->is_open || p;
    }
    return true;
}

/* A text with the values of its parameters. */
static struct fb_str fill(struct applying *a, const struct fb_yaml *node)
{
    struct fb_buf buf;
    struct fb_str text = node->text, out = {NULL, 0};
    fb_buf_init(&buf, TEXT_MAX);
    size_t at = 0;
    bool good = true;
    while (good && at < text.len) {
        size_t open = fb_str_find(text, '{', at), close = fb_str_find(text, '}', open);
        fb_buf_add_str(&buf, fb_str_sub(text, at, open - at));
        if (close >= text.len) {
            fb_buf_add_str(&buf, fb_str_sub(text, open, text.len));
            break;
        }
        good = add_inner(a, fb_str_sub(text, open + 1, close - open - 1), &buf);
        at = close + 1;
    }
    if (!good) {
        (void)refuse(a, node, "multiplies what is no number", "Name parameters that are numbers.");
    } else if (fb_buf_check(&buf, "the text", a->err) == FB_OK &&
               fb_arena_str(a->arena, fb_buf_str(&buf), &out, a->err) == FB_OK) {
        out = out.ptr ? out : FB_STR("");
    }
    fb_buf_release(&buf);
    return out;
}

/* The parameters with several values that a value of the tree speaks of. */
static uint64_t spoken_of(const struct applying *a, const struct fb_yaml *node)
{
    uint64_t out = 0;
    for (const struct fb_yaml *child = node->child; child; child = child->next) {
        out |= spoken_of(a, child);
    }
    for (size_t at = 0; node->kind == FB_YAML_SCALAR && at < node->text.len;) {
        size_t open = fb_str_find(node->text, '{', at);
        size_t close = fb_str_find(node->text, '}', open);
        if (close >= node->text.len) {
            break;
        }
        struct fb_str inner = fb_str_sub(node->text, open + 1, close - open - 1);
        bool product = fb_str_starts(inner, FB_STR("product:"));
        struct fb_str rest = product ? fb_str_sub(inner, 8, inner.len) : inner;
        while (rest.len > 0) {
            const struct parameter *p = parameter_of(a, product ? word(&rest) : fb_str_trim(rest));
            out |= p && p->about.many ? bit_of(a, p) : 0;
            rest = product ? rest : FB_STR("");
        }
        at = close + 1;
    }
    return out;
}

/* ---- conditions ---- */

/* "product: a b < limit" */
static int product_holds(const struct applying *a, struct fb_str text)
{
    size_t at = fb_str_find(text, '<', 0);
    bool below = at < text.len;
    at = below ? at : fb_str_find(text, '>', 0);
    if (at >= text.len || (!below && (at + 1 >= text.len || text.ptr[at + 1] != '='))) {
        return -1;
    }
    double range[2], limit[2];
    int left = product_of(a, fb_str_trim(fb_str_sub(text, 0, at)), range);
    int right = product_of(a, fb_str_trim(fb_str_sub(text, at + (below ? 1 : 2), text.len)), limit);
    if (left < 0 || right < 0) {
        return -1;
    }
    return left && right && (range[1] < limit[0]) == below;
}

/* Whether a condition holds: 1, 0, or -1 when it is none. */
static int holds(const struct applying *a, struct fb_str text)
{
    if (fb_str_starts(text, FB_STR("product:"))) {
        return product_holds(a, fb_str_sub(text, 8, text.len));
    }
    struct fb_str rest = text, name = word(&rest), sign = word(&rest);
    const struct parameter *p = parameter_of(a, name);
    bool equal = fb_str_is(sign, "="), differ = fb_str_is(sign, "!=");
    if (!p || (sign.len > 0 && !equal && !differ) || (sign.len > 0 && rest.len == 0)) {
        return -1;
    }
    if (sign.len == 0) {
        return p->count > 0 && !fb_str_is(p->values[0], "no");
    }
    bool found = false;
    for (size_t i = 0; i < p->count; i++) {
        found = found || fb_str_eq(p->values[i], rest);
    }
    return found == equal;
}

/* ---- parts ---- */

static struct part *part_of(const struct applying *a, struct fb_str id)
{
    return fb_map_get(&a->ids, fb_str_trim(id));
}

/* What an item of a list names: a part, or the relation between two. */
struct target {
    struct part *ends[2];
    size_t count; /* 0: no part of the pattern */
};

static struct target target_of(const struct applying *a, const struct fb_yaml *item)
{
    struct fb_str names[2];
    struct part *part = part_of(a, item->text);
    if (part) {
        return (struct target){{part, NULL}, 1};
    }
    if (!fb_doc_split_relation(item->text, names)) {
        return (struct target){.count = 0};
    }
    struct part *left = part_of(a, names[0]), *right = part_of(a, names[1]);
    return left && right ? (struct target){{left, right}, 2} : (struct target){.count = 0};
}

/* True when all of it is left; so is what is no part, of which the pattern decides nothing. */
static bool is_left(const struct target *target)
{
    bool left = true;
    for (size_t i = 0; i < target->count; i++) {
        left = left && target->ends[i]->reached;
    }
    return left;
}

/* The items of a list, or the one value: an iterator. */
static const struct fb_yaml *first_item(const struct fb_yaml *node)
{
    return !node ? NULL : node->kind == FB_YAML_LIST ? node->child : node;
}

static const struct fb_yaml *next_item(const struct fb_yaml *node, const struct fb_yaml *item)
{
    return node->kind == FB_YAML_LIST ? item->next : NULL;
}

static enum fb_code read_part(struct applying *a, struct part *part)
{
    const struct fb_yaml *each = fb_yaml_get(part->node, "each");
    const struct fb_yaml *when = fb_yaml_get(part->node, "when");
    part->kept = true;
    if (each) {
        const struct parameter *p = parameter_of(a, fb_str_trim(each->text));
        if (each->kind != FB_YAML_SCALAR || !p || !p->about.many) {
            return refuse(a, each, "names no parameter with several values",
                "Declare it in the module's pattern with many: true.");
        }
        part->each = bit_of(a, p);
    }
    if (when) {
        int state = when->kind == FB_YAML_SCALAR ? holds(a, fb_str_trim(when->text)) : -1;
        if (state < 0) {
            return refuse(a, when, "is no condition",
                "Write `p`, `p = value`, `p != value` or `product: a b < limit`.");
        }
        part->kept = state == 1;
    }
    part->scope = part->each;
    for (const struct fb_yaml *member = part->node->child; member; member = member->next) {
        bool list = false;
        for (size_t i = 0; i < LIST_COUNT; i++) {
            list = list || fb_str_is(member->key, LISTS[i]);
        }
        part->scope |= list || member == when || member == each ? 0 : spoken_of(a, member);
    }
    return FB_OK;
}

static enum fb_code read_parts(struct applying *a)
{
    const struct fb_yaml *root = a->file->root;
    a->parts = FB_ARENA_ARRAY(a->arena, struct part, root->count);
    if (!a->parts) {
        return fb_arena_failed(a->arena, a->err);
    }
    for (const struct fb_yaml *node = root->child; node; node = node->next) {
        if (fb_str_is(node->key, "module")) {
            continue;
        }
        struct part *part = &a->parts[a->part_count++];
        part->node = node;
        enum fb_code code = read_part(a, part);
        code = code ? code : fb_map_put(&a->ids, node->key, part, a->err);
        if (code != FB_OK) {
            return code;
        }
    }
    return FB_OK;
}

/* Spreads scopes from below: an element differs by what those below it differ by, but for what they
 * stand once for each value of. Walks as deep as the pattern, which has a limit. */
static enum fb_code find_scope(struct applying *a, struct part *part, size_t depth)
{
    if (part->state == 2) {
        return FB_OK;
    }
    if (part->state == 1 || depth > FB_PATTERN_INSTANCES_MAX / 10) {
        return refuse(a, part->node, part->state == 1 ? "supports itself" : "stands too deep",
            "A pattern is an argument: support must end somewhere.");
    }
    part->state = 1;
    for (int list = 0; list < 2; list++) {
        const struct fb_yaml *node = fb_yaml_get(part->node, LISTS[list]);
        for (const struct fb_yaml *item = first_item(node); item; item = next_item(node, item)) {
            struct part *below = part_of(a, item->text);
            if (!below) {
                continue;
            }
            enum fb_code code = find_scope(a, below, depth + 1);
            if (code != FB_OK) {
                return code;
            }
            below->is_child = true;
            part->scope |= below->scope & ~below->each;
        }
    }
    part->state = 2;
    return FB_OK;
}

/* What has no parent must not depend on a value that nobody chose. */
static enum fb_code check_scopes(const struct applying *a)
{
    for (size_t i = 0; i < a->part_count; i++) {
        const struct part *part = &a->parts[i];
        if (!part->is_child && (part->scope & ~part->each)) {
            return refuse(a, part->node, "depends on a parameter with several values",
                "Give it, or an element between, `each: PARAMETER`.");
        }
    }
    return FB_OK;
}

/* Marks what is left once conditions took their parts out. */
static void reach(struct applying *a, struct part *part)
{
    if (part->reached || !part->kept) {
        return;
    }
    part->reached = true;
    for (int list = 0; list < 2; list++) {
        const struct fb_yaml *node = fb_yaml_get(part->node, LISTS[list]);
        for (const struct fb_yaml *item = first_item(node); item; item = next_item(node, item)) {
            struct part *below = part_of(a, item->text);
            if (below) {
                reach(a, below);
            }
        }
    }
}

/* True when an element challenges, and nothing of what it challenges is left. */
static bool is_idle(const struct applying *a, const struct part *part)
{
    const struct fb_yaml *node = fb_yaml_get(part->node, "challenges");
    for (const struct fb_yaml *item = first_item(node); item; item = next_item(node, item)) {
        struct target target = target_of(a, item);
        if (is_left(&target)) {
            return false;
        }
    }
    return node != NULL;
}

/* What stands on top first, then who challenges what is reached, as long as there is more. */
static void reach_all(struct applying *a)
{
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < a->part_count; i++) {
            struct part *part = &a->parts[i];
            if (!part->is_child && part->kept && !part->reached && !is_idle(a, part)) {
                reach(a, part);
                more = true;
            }
        }
    }
}

/* ---- instances ---- */

/* The id of an instance: the part's, and the number of each value that it differs by. */
static struct fb_str id_of(const struct applying *a, const struct part *part)
{
    struct fb_buf buf;
    struct fb_str out = {NULL, 0};
    struct fb_err ignored;
    fb_err_init(&ignored);
    fb_buf_init(&buf, 1 << 16);
    fb_buf_add_str(&buf, part->node->key);
    for (size_t i = 0; i < a->parameter_count; i++) {
        if (part->scope & (UINT64_C(1) << i)) {
            fb_buf_addf(&buf, "_%zu", a->chosen[i] + 1);
        }
    }
    if (buf.state != FB_BUF_GOOD ||
        fb_arena_str(a->arena, fb_buf_str(&buf), &out, &ignored) != FB_OK) {
        out = (struct fb_str){NULL, 0};
    }
    fb_buf_release(&buf);
    return out;
}

/* Goes on to the next choice of values among these parameters; false behind the last. */
static bool next_choice(struct applying *a, uint64_t among)
{
    for (size_t i = a->parameter_count; i-- > 0;) {
        if (!(among & (UINT64_C(1) << i))) {
            continue;
        }
        if (++a->chosen[i] < a->parameters[i].count) {
            return true;
        }
        a->chosen[i] = 0;
    }
    return false;
}

static void add_item(struct applying *a, struct fb_yaml *list, struct fb_str text)
{
    fb_yaml_add_text(&a->builder, list, NULL, text);
}

/* The names of all instances of a target that fit the instance at hand. */
static void add_instances_of(
    struct applying *a, const struct target *target, uint64_t scope, struct fb_yaml *list)
{
    uint64_t among = 0;
    size_t kept[FB_PATTERN_PARAMETERS_MAX];
    memcpy(kept, a->chosen, sizeof(kept));
    for (size_t i = 0; i < target->count; i++) {
        among |= target->ends[i]->scope & ~scope;
    }
    for (size_t i = 0; i < a->parameter_count; i++) {
        a->chosen[i] = among & (UINT64_C(1) << i) ? 0 : a->chosen[i];
    }
    do {
        struct fb_str id = id_of(a, target->ends[0]);
        if (id.ptr && target->count > 1) {
            struct fb_str second = id_of(a, target->ends[1]);
            id = second.ptr
                     ? fb_arena_printf(a->arena, "%.*s -> %.*s", FB_STR_ARG(id), FB_STR_ARG(second))
                     : second;
        }
        a->builder.failed = a->builder.failed || !id.ptr;
        add_item(a, list, id);
        a->names++;
    } while (next_choice(a, among) && a->names <= FB_PATTERN_NAMES_MAX);
    memcpy(a->chosen, kept, sizeof(kept));
}

/* A list of names, of which those that are not there are left out. Returns how many are left. */
static size_t add_names(struct applying *a, const struct part *part, const struct fb_yaml *node,
    struct fb_yaml *element)
{
    struct fb_yaml *list = NULL;
    for (const struct fb_yaml *item = first_item(node); item; item = next_item(node, item)) {
        struct target to = target_of(a, item);
        if (!is_left(&to)) {
            continue;
        }
        list = list ? list : fb_yaml_add(&a->builder, element, node->key, FB_YAML_LIST);
        if (to.count > 0) {
            add_instances_of(a, &to, part->scope, list);
        } else {
            add_item(a, list, item->text);
        }
    }
    return list ? list->count : 0;
}

/* A copy with the values of parameters filled in. */
static void add_filled(struct applying *a, struct fb_yaml *parent, const struct fb_yaml *node)
{
    if (node->kind != FB_YAML_SCALAR) {
        struct fb_yaml *copy = fb_yaml_add(&a->builder, parent, node->key, node->kind);
        for (const struct fb_yaml *child = node->child; child; child = child->next) {
            add_filled(a, copy, child);
        }
        return;
    }
    if (node->plain && fb_str_find(node->text, '{', 0) >= node->text.len) {
        fb_yaml_add_copy(&a->builder, parent, node);
        return;
    }
    struct fb_str text = fill(a, node);
    struct fb_yaml *copy =
        text.ptr ? fb_yaml_add(&a->builder, parent, node->key, FB_YAML_SCALAR) : NULL;
    if (copy) {
        copy->text = text;
    } else {
        a->builder.failed = true;
    }
}

/* Keys that a pattern has and its instances do not. */
static bool is_of_pattern(struct fb_str key)
{
    static const char *const KEYS[] = {"each", "when", "choice", "contextChoice", "optional",
        "multiple", "uninstantiated", "instantiationData"};
    bool found = false;
    for (size_t i = 0; i < sizeof(KEYS) / sizeof(KEYS[0]); i++) {
        found = found || fb_str_is(key, KEYS[i]);
    }
    return found;
}

static enum fb_code add_instance(struct applying *a, const struct part *part, struct fb_yaml *root)
{
    struct fb_str id = id_of(a, part);
    if (!id.ptr) {
        return fb_arena_failed(a->arena, a->err);
    }
    if (++a->instances > FB_PATTERN_INSTANCES_MAX) {
        return fb_err_set(a->err, FB_E_LIMIT, "the pattern comes to more than %d elements",
            FB_PATTERN_INSTANCES_MAX);
    }
    if (fb_map_has(&a->made, id)) {
        return refuse(a, part->node, "comes to an id that another element has too",
            "Rename it: what stands several times is numbered, as in G2_1.");
    }
    enum fb_code code = fb_map_put(&a->made, id, NULL, a->err);
    if (code != FB_OK) {
        return code;
    }
    a->builder.line = part->node->line;
    struct fb_yaml *element = fb_yaml_add(&a->builder, root, id, FB_YAML_MAP);
    bool had = false;
    size_t supporters = 0;
    a->is_open = false;
    for (const struct fb_yaml *member = part->node->child; member; member = member->next) {
        bool list = false;
        for (size_t i = 0; i < LIST_COUNT; i++) {
            list = list || fb_str_is(member->key, LISTS[i]);
        }
        if (list) {
            size_t count = add_names(a, part, member, element);
            had = had || fb_str_is(member->key, "supportedBy");
            supporters += fb_str_is(member->key, "supportedBy") ? count : 0;
        } else if (!is_of_pattern(member->key)) {
            add_filled(a, element, member);
        }
    }
    if (a->names > FB_PATTERN_NAMES_MAX) {
        return fb_err_set(a->err, FB_E_LIMIT, "the pattern comes to more than %d references",
            FB_PATTERN_NAMES_MAX);
    }
    if (had && supporters == 0) {
        fb_yaml_add_plain(&a->builder, element, "undeveloped", FB_STR("true"));
    }
    if (a->is_open) {
        fb_yaml_add_plain(&a->builder, element, "uninstantiated", FB_STR("true"));
    }
    return a->err->code;
}

static enum fb_code add_part(struct applying *a, const struct part *part, struct fb_yaml *root)
{
    enum fb_code code = FB_OK;
    memset(a->chosen, 0, sizeof(a->chosen));
    do {
        code = add_instance(a, part, root);
    } while (code == FB_OK && next_choice(a, part->scope));
    return code;
}

static void add_module(struct applying *a, struct fb_yaml *root)
{
    const struct fb_yaml *about = fb_yaml_get(a->file->root, "module");
    struct fb_yaml *module = fb_yaml_add(&a->builder, root, FB_STR("module"), FB_YAML_MAP);
    memset(a->chosen, 0, sizeof(a->chosen));
    for (const struct fb_yaml *member = about->child; member; member = member->next) {
        if (!fb_str_is(member->key, "pattern")) {
            add_filled(a, module, member);
        }
    }
}

static enum fb_code apply(
    struct applying *a, const struct fb_pattern_request *request, struct fb_yaml **out)
{
    enum fb_code code = read_parameters(a, request);
    code = code ? code : read_parts(a);
    for (size_t i = 0; code == FB_OK && i < a->part_count; i++) {
        code = find_scope(a, &a->parts[i], 0);
    }
    code = code ? code : check_scopes(a);
    if (code != FB_OK) {
        return code;
    }
    reach_all(a);
    struct fb_yaml *root = fb_yaml_add(&a->builder, NULL, FB_STR(""), FB_YAML_MAP);
    add_module(a, root);
    for (size_t i = 0; code == FB_OK && i < a->part_count && !a->builder.failed; i++) {
        code = a->parts[i].reached ? add_part(a, &a->parts[i], root) : FB_OK;
    }
    code = code ? code : a->err->code;
    if (code == FB_OK && a->builder.failed) {
        code = fb_arena_failed(a->arena, a->err);
    }
    if (code == FB_OK) {
        *out = root;
    }
    return code;
}

enum fb_code fb_pattern_apply(const struct fb_pattern_request *request, struct fb_arena *arena,
    struct fb_yaml **out, struct fb_err *err)
{
    FB_ASSERT(request && request->pattern && arena && out && err->code == FB_OK);
    struct applying a = {.file = request->pattern, .arena = arena, .err = err};
    a.builder = (struct fb_yaml_builder){.arena = arena};
    if (!a.file->root || a.file->root->kind != FB_YAML_MAP) {
        return fb_err_set(err, FB_E_SCHEMA, "the pattern is empty");
    }
    fb_map_init(&a.ids);
    fb_map_init(&a.made);
    enum fb_code code = apply(&a, request, out);
    fb_map_release(&a.ids);
    fb_map_release(&a.made);
    return code;
}
