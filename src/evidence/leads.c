#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "evidence/leads_private.h"

#define ARENA_MAX ((size_t)4 << 30)

static const double common_share = 0.2; /* of all jobs: a name that so many share joins nothing */
static const double near_share = 0.8;   /* of the threshold: what is above it is just below */

enum { PLAIN_GAP_PART = 6, COMMON_MIN = 50, TEXT_MAX = 4096, NONE = 0 };

const char *fb_lead_name(enum fb_lead_kind kind)
{
    static const char *const names[FB_LEAD_KINDS] = {"unregistered", "untagged", "split-array",
        "split-restarts", "split-accounts", "split-sites", "split-together", "split-relay",
        "just-below", "unforeseen"};
    FB_ASSERT(kind < FB_LEAD_KINDS);
    return names[kind];
}

const char *fb_lead_text(enum fb_lead_kind kind)
{
    static const char *const texts[FB_LEAD_KINDS] = {
        "reaches the threshold, and no run on record has its name or tag",
        "reaches the threshold, and does not say which run it belongs to",
        "tasks of one array reach the threshold together",
        "jobs of one user and name follow each other and reach it together",
        "jobs of one name under several accounts or users reach it together",
        "jobs of one name or tag on several clusters reach it together",
        "jobs start and end together and reach it together",
        "jobs of one size follow each other under other users or names and reach it together",
        "runs of one user or account come each to 80% or more of it, and none reaches it",
        "a system comes to the threshold by several runs and what it was made from, and no "
        "forecast "
        "on record says so: no clock of a notification runs yet"};
    FB_ASSERT(kind < FB_LEAD_KINDS);
    return texts[kind];
}

enum fb_code fb_leads_init(
    struct fb_leads *leads, const struct fb_leads_options *options, struct fb_err *err)
{
    FB_ASSERT(leads && options && options->gap_s >= 0 && options->slack_s >= 0);
    FB_ASSERT(options->threshold_flop > 0 || options->threshold_gpu_seconds > 0);
    *leads = (struct fb_leads){.options = *options};
    uint32_t empty = 0;
    fb_arena_init(&leads->arena, ARENA_MAX);
    fb_names_init(&leads->names, &leads->arena);
    fb_map_init(&leads->registered);
    return fb_names_number(&leads->names, FB_STR(""), &empty, err);
}

void fb_leads_release(struct fb_leads *leads)
{
    fb_free(leads->items);
    fb_map_release(&leads->registered);
    fb_names_release(&leads->names);
    fb_arena_release(&leads->arena);
    *leads = (struct fb_leads){0};
}

enum fb_code fb_leads_register(struct fb_leads *leads, struct fb_str name, struct fb_err *err)
{
    struct fb_str kept;
    if (name.len == 0 || fb_map_has(&leads->registered, name)) {
        return FB_OK;
    }
    if (leads->registered.count == FB_LEADS_REGISTERED_MAX) {
        return fb_err_set(
            err, FB_E_LIMIT, "there are more than %d registered runs", FB_LEADS_REGISTERED_MAX);
    }
    enum fb_code code = fb_arena_str(&leads->arena, name, &kept, err);
    return code ? code : fb_map_put(&leads->registered, kept, leads, err);
}

/* The run that a comment names: the value of run, run_id or run-id among "a=b;c=d", or the comment
 * itself where it is one word of the form run/NAME. */
static struct fb_str tag_of(struct fb_str comment)
{
    static const char *const keys[] = {"run_id=", "run=", "run-id=", "run:"};
    for (size_t at = 0; at < comment.len;) {
        size_t end = at;
        while (end < comment.len && !strchr(";, \t", comment.ptr[end])) {
            end++;
        }
        struct fb_str part = fb_str_sub(comment, at, end - at);
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
            if (fb_str_starts(part, fb_str_of(keys[i]))) {
                return fb_str_sub(part, strlen(keys[i]), part.len);
            }
        }
        if (fb_str_starts(part, FB_STR("run/")) && part.len > 4) {
            return part;
        }
        at = end + 1;
    }
    return (struct fb_str){NULL, 0};
}

/* A name in lower case without its numbers, so that "Pre-train_07" and "pre-train_8" are one. */
static struct fb_str stem_of(struct fb_str name, char out[TEXT_MAX])
{
    size_t len = 0;
    for (size_t i = 0; i < name.len && len < TEXT_MAX; i++) {
        char c = name.ptr[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        if (!(c >= '0' && c <= '9') && !strchr("-_. ", c)) {
            out[len++] = c;
        }
    }
    return (struct fb_str){out, len};
}

/* Words by which jobs of anybody go: a name of such words only says nothing of what the job is. */
static const char *const plain_words[] = {"a", "all", "array", "baseline", "bash", "batch", "bin",
    "debug", "eval", "evaluate", "evaluation", "exp", "experiment", "finetune", "finetuning", "gpu",
    "infer", "inference", "interactive", "job", "jobs", "jupyter", "lab", "launch", "llm", "main",
    "ml", "model", "my", "new", "node", "notebook", "pod", "pretrain", "py", "pytorch", "python",
    "resume", "run", "script", "sh", "shell", "slurm", "srun", "start", "submit", "sweep", "task",
    "test", "torchrun", "train", "trainer", "training", "tune", "v", "vscode", "worker", "wrap"};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool is_plain_word(struct fb_str word)
{
    for (size_t i = 0; i < sizeof(plain_words) / sizeof(plain_words[0]); i++) {
        struct fb_str plain = fb_str_of(plain_words[i]);
        bool same = plain.len == word.len;
        for (size_t k = 0; same && k < word.len; k++) {
            same = (word.ptr[k] | 0x20) == plain.ptr[k];
        }
        if (same) {
            return true;
        }
    }
    return false;
}

/* Whether all words of a name are plain. */
static bool is_plain(struct fb_str name)
{
    for (size_t at = 0, end; at < name.len; at = end + 1) {
        end = at;
        while (end < name.len && is_letter(name.ptr[end])) {
            end++;
        }
        if (end > at && !is_plain_word(fb_str_sub(name, at, end - at))) {
            return false;
        }
    }
    return true;
}

static enum fb_code grow(struct fb_leads *leads, struct fb_err *err)
{
    if (leads->count == FB_LEADS_JOBS_MAX) {
        return fb_err_set(err, FB_E_LIMIT, "there are more than %d jobs", FB_LEADS_JOBS_MAX);
    }
    if (leads->count < leads->cap) {
        return FB_OK;
    }
    size_t cap = leads->cap ? 2 * leads->cap : 1024;
    struct fb_leads_job *items = fb_realloc(leads->items, cap * sizeof(*items));
    if (!items) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for jobs");
    }
    leads->items = items;
    leads->cap = cap;
    return FB_OK;
}

/* The FLOP of a job's parts that have a rate. */
static void flop_of(const struct fb_leads *leads, const struct fb_job *job, double out[2])
{
    out[0] = out[1] = 0;
    for (size_t i = 0; i < job->part_count; i++) {
        double flop[2];
        const struct fb_chip *chip = fb_compute_chip(&leads->options.compute, job->parts[i].chip);
        if (chip) {
            fb_compute_flop(
                &leads->options.compute, chip, job->parts[i].gpus * (job->end - job->start), flop);
            out[0] += flop[0];
            out[1] += flop[1];
        }
    }
}

enum fb_code fb_leads_add(void *ctx, const struct fb_job *job, struct fb_err *err)
{
    struct fb_leads *leads = ctx;
    char stem[TEXT_MAX];
    if (job->start == 0 || job->end == 0 || job->said != FB_JOB_GPUS_SAID) {
        leads->uncounted += job->said != FB_JOB_GPUS_NONE;
        return FB_OK;
    }
    if (job->gpus == 0) {
        return FB_OK;
    }
    enum fb_code code = grow(leads, err);
    if (code != FB_OK) {
        return code;
    }
    struct fb_leads_job *item = &leads->items[leads->count];
    *item = (struct fb_leads_job){.array = job->array,
        .start = job->start,
        .end = job->end,
        .gpus = job->gpus,
        .number = (uint32_t)leads->count,
        .plain = is_plain(job->name)};
    const struct {
        struct fb_str text;
        uint32_t *out;
    } texts[] = {{job->id, &item->id}, {job->cluster, &item->cluster},
        {job->account, &item->account}, {job->user, &item->user}, {job->name, &item->name},
        {stem_of(job->name, stem), &item->stem}, {tag_of(job->comment), &item->tag},
        {job->part_count ? job->parts[0].chip : FB_STR(""), &item->chip}};
    for (size_t i = 0; code == FB_OK && i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct fb_str text = fb_str_sub(texts[i].text, 0, FB_NAME_BYTES_MAX);
        code = fb_names_number(&leads->names, text, texts[i].out, err);
    }
    flop_of(leads, job, item->flop);
    item->weight = leads->options.threshold_flop > 0
                       ? item->flop[1]
                       : (double)(job->gpus * (job->end - job->start));
    leads->count += code == FB_OK;
    return code;
}

double fb_leads_threshold(const struct fb_leads *leads)
{
    return leads->options.threshold_flop > 0 ? leads->options.threshold_flop
                                             : leads->options.threshold_gpu_seconds;
}

static struct fb_str text_at(const struct fb_leads *leads, uint32_t number)
{
    return leads->names.map.entries[number].key;
}

int fb_leads_by_key(const void *a, const void *b)
{
    const struct fb_leads_job *x = a, *y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

uint64_t fb_leads_mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a ^ (b + UINT64_C(0x9e3779b97f4a7c15) + (a << 6) + (a >> 2))) *
                 UINT64_C(0xbf58476d1ce4e5b9);
    return x ^ (x >> 31);
}

size_t fb_leads_different(const struct fb_leads_job *jobs, size_t from, size_t to, size_t member)
{
    uint32_t seen[3];
    size_t count = 0;
    for (size_t i = from; i < to && count < 3; i++) {
        uint32_t value = 0;
        memcpy(&value, (const char *)&jobs[i] + member, sizeof(value));
        bool known = false;
        for (size_t n = 0; n < count; n++) {
            known = known || seen[n] == value;
        }
        if (!known) {
            seen[count++] = value;
        }
    }
    return count;
}

struct fb_leads_group fb_leads_group_of(const struct fb_leads *leads, size_t from, size_t to)
{
    struct fb_leads_group group = {from, to, 0, 0};
    for (size_t i = from; i < to; i++) {
        double weight = leads->items[i].weight;
        group.weight += weight;
        group.largest = weight > group.largest ? weight : group.largest;
    }
    return group;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* How many different values a member has in a group; room has space for one of each job. */
static size_t count_of(
    const struct fb_leads *leads, struct fb_leads_group group, size_t member, uint32_t *room)
{
    size_t jobs = group.to - group.from, count = 0;
    for (size_t i = 0; i < jobs; i++) {
        memcpy(&room[i], (const char *)&leads->items[group.from + i] + member, sizeof(*room));
    }
    qsort(room, jobs, sizeof(*room), compare_numbers);
    for (size_t i = 0; i < jobs; i++) {
        count += i == 0 || room[i] != room[i - 1];
    }
    return count;
}

enum fb_code fb_leads_take(struct fb_leads *leads, enum fb_lead_kind kind,
    struct fb_leads_group group, struct fb_lead *lead, struct fb_err *err)
{
    if (leads->lead_count == FB_LEADS_MAX) {
        leads->more = true;
        return FB_OK;
    }
    lead->kind = kind;
    lead->jobs = group.to - group.from;
    lead->largest_share = group.weight > 0 ? group.largest / group.weight : 0;
    lead->start = INT64_MAX;
    uint32_t *numbers = FB_ARENA_ARRAY(&leads->arena, uint32_t, lead->jobs);
    if (!numbers) {
        return fb_arena_failed(&leads->arena, err);
    }
    lead->accounts = count_of(leads, group, offsetof(struct fb_leads_job, account), numbers);
    lead->users = count_of(leads, group, offsetof(struct fb_leads_job, user), numbers);
    lead->clusters = count_of(leads, group, offsetof(struct fb_leads_job, cluster), numbers);
    for (size_t i = group.from; i < group.to; i++) {
        const struct fb_leads_job *job = &leads->items[i];
        numbers[i - group.from] = job->number;
        lead->gpu_seconds += job->gpus * (job->end - job->start);
        lead->flop[0] += job->flop[0];
        lead->flop[1] += job->flop[1];
        lead->start = job->start < lead->start ? job->start : lead->start;
        lead->end = job->end > lead->end ? job->end : lead->end;
        if (lead->shown_count < FB_LEADS_SHOWN) {
            struct fb_str cluster = text_at(leads, job->cluster), id = text_at(leads, job->id);
            struct fb_str shown = fb_arena_printf(&leads->arena, "%.*s%s%.*s", FB_STR_ARG(cluster),
                cluster.len ? "/" : "", FB_STR_ARG(id));
            if (!shown.ptr) {
                return fb_arena_failed(&leads->arena, err);
            }
            lead->shown[lead->shown_count++] = shown;
        }
    }
    lead->numbers = numbers;
    leads->leads[leads->lead_count++] = *lead;
    return FB_OK;
}

void fb_leads_note(struct fb_leads *leads, const struct fb_lead *lead)
{
    FB_ASSERT(leads && leads->leads && lead && lead->kind < FB_LEAD_KINDS);
    if (leads->lead_count == FB_LEADS_MAX) {
        leads->more = true;
        return;
    }
    leads->leads[leads->lead_count++] = *lead;
}

bool fb_lead_has(const struct fb_lead *lead, size_t job)
{
    for (size_t i = 0; i < lead->jobs; i++) {
        if (lead->numbers[i] == job) {
            return true;
        }
    }
    return false;
}

/* Names and tags that so many jobs share that they join nothing: those of the sorted groups. */
static bool is_common(const struct fb_leads *leads, size_t jobs)
{
    return jobs > COMMON_MIN && (double)jobs > common_share * (double)leads->count;
}

/* Whether the run that a job says, or its name, is on record. */
static bool is_registered(const struct fb_leads *leads, const struct fb_leads_job *job)
{
    struct fb_str tag = text_at(leads, job->tag), name = text_at(leads, job->name);
    struct fb_str bare = fb_str_starts(tag, FB_STR("run/")) ? fb_str_sub(tag, 4, tag.len) : tag;
    return (tag.len &&
               (fb_map_has(&leads->registered, tag) || fb_map_has(&leads->registered, bare))) ||
           (name.len && fb_map_has(&leads->registered, name));
}

/* One job, or one run by its tag, that reaches the threshold by itself. */
static enum fb_code find_large(struct fb_leads *leads, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (size_t i = 0; i < leads->count; i++) {
        struct fb_leads_job *job = &leads->items[i];
        job->key = job->tag ? fb_leads_mix(1, job->tag) : fb_leads_mix(2, job->number);
    }
    qsort(leads->items, leads->count, sizeof(*leads->items), fb_leads_by_key);
    for (size_t from = 0, to; code == FB_OK && from < leads->count; from = to) {
        const struct fb_leads_job *first = &leads->items[from];
        to = from + 1;
        while (to < leads->count && leads->items[to].key == first->key &&
               leads->items[to].tag == first->tag) {
            to++;
        }
        struct fb_leads_group group = fb_leads_group_of(leads, from, to);
        bool near = group.weight >= near_share * fb_leads_threshold(leads);
        if (group.weight < fb_leads_threshold(leads)) {
            for (size_t i = from; i < to; i++) {
                leads->items[i].near = near;
            }
            continue;
        }
        struct fb_lead lead = {.joined_by = text_at(leads, first->tag ? first->tag : first->name)};
        if (!is_registered(leads, first)) {
            code = fb_leads_take(leads, FB_LEAD_UNREGISTERED, group, &lead, err);
        }
        if (code == FB_OK && !first->tag && !is_registered(leads, first)) {
            lead = (struct fb_lead){.joined_by = text_at(leads, first->name)};
            code = fb_leads_take(leads, FB_LEAD_UNTAGGED, group, &lead, err);
        }
    }
    return code;
}

/* A way to join jobs. */
struct rule {
    enum fb_lead_kind kind;
    bool (*key)(const struct fb_leads_job *job, uint64_t *out);
    bool (*same)(const struct fb_leads_job *a, const struct fb_leads_job *b);
    bool in_turn;     /* each begins after the one before it, within the gap */
    bool skip_common; /* by a name that may be common */
    bool at_any_time; /* however far apart */
    struct fb_str (*joined)(const struct fb_leads *leads, const struct fb_leads_job *job);
};

static bool key_array(const struct fb_leads_job *job, uint64_t *out)
{
    *out = fb_leads_mix(job->cluster, (uint64_t)job->array);
    return job->array > 0;
}

static bool same_array(const struct fb_leads_job *a, const struct fb_leads_job *b)
{
    return a->cluster == b->cluster && a->array == b->array;
}

static bool key_restart(const struct fb_leads_job *job, uint64_t *out)
{
    uint64_t size = job->plain ? (uint64_t)job->gpus : 0;
    *out = fb_leads_mix(fb_leads_mix(job->user, job->stem), fb_leads_mix(job->cluster, size));
    return job->user != NONE;
}

static bool same_restart(const struct fb_leads_job *a, const struct fb_leads_job *b)
{
    return a->user == b->user && a->stem == b->stem && a->cluster == b->cluster &&
           (!a->plain || a->gpus == b->gpus);
}

static bool key_stem(const struct fb_leads_job *job, uint64_t *out)
{
    *out = fb_leads_mix(3, job->stem);
    return job->stem != NONE && !job->plain;
}

static bool same_stem(const struct fb_leads_job *a, const struct fb_leads_job *b)
{
    return a->stem == b->stem;
}

static bool key_tag(const struct fb_leads_job *job, uint64_t *out)
{
    *out = fb_leads_mix(4, job->tag);
    return job->tag != NONE;
}

static bool same_tag(const struct fb_leads_job *a, const struct fb_leads_job *b)
{
    return a->tag == b->tag;
}

static struct fb_str joined_array(const struct fb_leads *leads, const struct fb_leads_job *job)
{
    (void)leads;
    (void)job;
    return FB_STR("array");
}

static struct fb_str joined_name(const struct fb_leads *leads, const struct fb_leads_job *job)
{
    return text_at(leads, job->name);
}

static struct fb_str joined_tag(const struct fb_leads *leads, const struct fb_leads_job *job)
{
    return text_at(leads, job->tag);
}

/* Whether all of a group belong to runs on record. */
static bool all_registered(const struct fb_leads *leads, struct fb_leads_group group)
{
    bool all = true;
    for (size_t i = group.from; i < group.to && all; i++) {
        all = is_registered(leads, &leads->items[i]);
    }
    return all;
}

/* Whether a group shows what its kind needs. */
static bool fits(const struct fb_leads *leads, const struct rule *rule, struct fb_leads_group group)
{
    if (group.to - group.from < 2 || group.weight < fb_leads_threshold(leads) ||
        (group.largest >= fb_leads_threshold(leads) && rule->kind != FB_LEAD_SITES) ||
        all_registered(leads, group)) {
        return false;
    }
    size_t clusters = fb_leads_different(
        leads->items, group.from, group.to, offsetof(struct fb_leads_job, cluster));
    if (rule->kind == FB_LEAD_SITES) {
        return clusters > 1;
    }
    if (rule->kind == FB_LEAD_ACCOUNTS) {
        return fb_leads_different(leads->items, group.from, group.to,
                   offsetof(struct fb_leads_job, account)) > 1 ||
               fb_leads_different(
                   leads->items, group.from, group.to, offsetof(struct fb_leads_job, user)) > 1;
    }
    return true;
}

/* Adds what jobs [from, to) of one key come to: as a whole, or each run of jobs in turn. */
static enum fb_code join(
    struct fb_leads *leads, const struct rule *rule, size_t from, size_t to, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    if (rule->skip_common && is_common(leads, to - from)) {
        return FB_OK;
    }
    /* What is restarted under a name that says nothing is so within hours only. */
    int64_t gap = leads->options.gap_s / (leads->items[from].plain ? PLAIN_GAP_PART : 1);
    for (size_t begin = from, end; code == FB_OK && begin < to; begin = end) {
        int64_t until = leads->items[begin].end;
        end = begin + 1;
        while (end < to && (rule->at_any_time || leads->items[end].start - until <= gap) &&
               !(rule->in_turn && leads->items[end].start < until - leads->options.slack_s)) {
            until = leads->items[end].end > until ? leads->items[end].end : until;
            end++;
        }
        struct fb_leads_group group = fb_leads_group_of(leads, begin, end);
        if (fits(leads, rule, group)) {
            struct fb_lead lead = {.joined_by = rule->joined(leads, &leads->items[begin])};
            code = fb_leads_take(leads, rule->kind, group, &lead, err);
        }
    }
    return code;
}

static enum fb_code apply(struct fb_leads *leads, const struct rule *rule, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    size_t count = 0;
    for (size_t i = 0; i < leads->count; i++) {
        struct fb_leads_job *job = &leads->items[i];
        /* What has no key comes last, with the highest. */
        if (!rule->key(job, &job->key)) {
            job->key = UINT64_MAX;
        } else {
            job->key -= job->key == UINT64_MAX;
            count++;
        }
    }
    qsort(leads->items, leads->count, sizeof(*leads->items), fb_leads_by_key);
    for (size_t from = 0, to; code == FB_OK && from < count; from = to) {
        to = from + 1;
        while (to < count && leads->items[to].key == leads->items[from].key &&
               rule->same(&leads->items[from], &leads->items[to])) {
            to++;
        }
        code = join(leads, rule, from, to, err);
    }
    return code;
}

/* How many runs jobs [from, to) are: a tag is one, and so is a job without. */
static size_t count_runs(const struct fb_leads *leads, size_t from, size_t to)
{
    size_t runs = 0;
    for (size_t i = from; i < to && runs < 2; i++) {
        const struct fb_leads_job *job = &leads->items[i];
        runs += job->tag == NONE || i == from || job->tag != leads->items[from].tag;
    }
    return runs;
}

/* Runs of one user, or of one account, each of which comes to just below the threshold. */
static enum fb_code find_below(struct fb_leads *leads, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    for (int by_account = 0; by_account < 2; by_account++) {
        size_t count = 0;
        for (size_t i = 0; i < leads->count; i++) {
            struct fb_leads_job *job = &leads->items[i];
            uint32_t owner = by_account ? job->account : job->user;
            job->key = job->near && owner != NONE ? owner : UINT64_MAX;
            count += job->key != UINT64_MAX;
        }
        qsort(leads->items, leads->count, sizeof(*leads->items), fb_leads_by_key);
        for (size_t from = 0, to; code == FB_OK && from < count; from = to) {
            to = from + 1;
            while (to < count && leads->items[to].key == leads->items[from].key) {
                to++;
            }
            size_t users =
                fb_leads_different(leads->items, from, to, offsetof(struct fb_leads_job, user));
            if (count_runs(leads, from, to) < 2 || (by_account && users < 2)) {
                continue;
            }
            struct fb_lead lead = {.joined_by = text_at(leads, (uint32_t)leads->items[from].key)};
            code =
                fb_leads_take(leads, FB_LEAD_BELOW, fb_leads_group_of(leads, from, to), &lead, err);
        }
    }
    return code;
}

static int compare_leads(const void *a, const void *b)
{
    const struct fb_lead *x = a, *y = b;
    if (x->kind != y->kind) {
        return x->kind < y->kind ? -1 : 1;
    }
    if (x->gpu_seconds != y->gpu_seconds) {
        return x->gpu_seconds > y->gpu_seconds ? -1 : 1;
    }
    return x->start < y->start ? -1 : x->start > y->start;
}

enum fb_code fb_leads_end(struct fb_leads *leads, struct fb_err *err)
{
    static const struct rule rules[] = {
        {FB_LEAD_ARRAY, key_array, same_array, false, false, true, joined_array},
        {FB_LEAD_RESTARTS, key_restart, same_restart, true, true, false, joined_name},
        {FB_LEAD_ACCOUNTS, key_stem, same_stem, false, true, false, joined_name},
        {FB_LEAD_SITES, key_stem, same_stem, false, true, false, joined_name},
        {FB_LEAD_SITES, key_tag, same_tag, false, false, true, joined_tag}};
    FB_ASSERT(leads && !leads->leads);
    leads->leads = FB_ARENA_ARRAY(&leads->arena, struct fb_lead, FB_LEADS_MAX);
    if (!leads->leads) {
        return fb_arena_failed(&leads->arena, err);
    }
    if (leads->count == 0) {
        return FB_OK;
    }
    enum fb_code code = find_large(leads, err);
    for (size_t i = 0; code == FB_OK && i < sizeof(rules) / sizeof(rules[0]); i++) {
        code = apply(leads, &rules[i], err);
    }
    code = code ? code : find_below(leads, err);
    code = code ? code : fb_leads_coincide(leads, err);
    if (leads->lead_count > 1) {
        qsort(leads->leads, leads->lead_count, sizeof(*leads->leads), compare_leads);
    }
    return code;
}
