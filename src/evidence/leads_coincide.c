/* leads_coincide.c: jobs that share nothing but when they run, and what chance gives of that. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/assert.h"
#include "evidence/leads_private.h"

static const double chance_max = 0.01; /* coincidences that chance may give for a lead */

/* What is told apart as together: the slack times so much, the closest first. */
static const int64_t together_slacks[] = {1, 12, 48};
/* And as one after the other. */
static const int64_t relay_slacks[] = {1, 4, 12, 144};

enum {
    SLACKS = 3,
    RELAY_SLACKS = 4,
    TOGETHER_MIN = 3,
    RELAY_MIN = 3,
    BESIDE = 3,       /* slacks on each side of a group by which its time is judged */
    SPAN_MIN = 100,   /* slacks in all, below which chance is not judged */
    WINDOW_MAX = 4096 /* jobs that begin within a slack; where there are more, none are joined */
};

/* When a job ends. */
struct step {
    int64_t end;
    uint32_t job;
};

/* The jobs of one size, in the order of their starts, and what is worked out of them. */
struct sized {
    struct fb_leads *leads;
    size_t from, to;
    int64_t *lengths;   /* how long each runs, the shortest first */
    struct step *steps; /* the ends, the first first */
    double *best;       /* by job: the weight of the heaviest chain that it ends */
    uint32_t *before;   /* by job: the one before it there; UINT32_MAX: none */
    uint32_t *queue;    /* room for numbers of jobs */
};

static struct fb_leads_job *job_at(const struct sized *s, size_t i)
{
    return &s->leads->items[s->from + i];
}

/* The chance, by the Poisson distribution, of `more` further events where mean are expected. */
static double tail(double mean, size_t more)
{
    double term = exp(-mean), sum = 0;
    for (size_t k = 0; k < more; k++) {
        sum += term;
        term *= mean / (double)(k + 1);
    }
    return sum >= 1 ? 0 : 1 - sum;
}

static int compare_lengths(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* How many jobs run less than `length`. */
static size_t shorter(const struct sized *s, int64_t length)
{
    size_t low = 0, high = s->to - s->from;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->lengths[middle] < length) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static bool is_alike(const struct fb_leads_job *a, const struct fb_leads_job *b, int64_t slack)
{
    int64_t apart = (a->end - a->start) - (b->end - b->start);
    return (apart < 0 ? -apart : apart) <= 2 * slack;
}

/* How many jobs like job i begin within a slack of the time beside it: the busier of both sides, so
 * that a busy hour explains its own coincidences. */
static double around(const struct sized *s, size_t i, int64_t slack)
{
    const struct fb_leads_job *job = job_at(s, i);
    size_t count = s->to - s->from;
    double before = 0, after = 0;
    for (size_t k = i; k-- > 0 && job->start - job_at(s, k)->start <= BESIDE * slack;) {
        before += is_alike(job, job_at(s, k), slack);
    }
    for (size_t k = i; k < count && job_at(s, k)->start - job->start <= (BESIDE + 1) * slack; k++) {
        after += job_at(s, k)->start - job->start > slack && is_alike(job, job_at(s, k), slack);
    }
    return (before > after ? before : after) / BESIDE;
}

/* How many groups of `members` like that of job i chance gives: each job begins one, joined by
 * those that start and end with it. */
static double chance_together(const struct sized *s, size_t i, size_t members, int64_t slack)
{
    size_t count = s->to - s->from;
    const struct fb_leads_job *job = job_at(s, i);
    int64_t length = job->end - job->start;
    double alike = (double)(shorter(s, length + 2 * slack + 1) - shorter(s, length - 2 * slack));
    double span = (double)(job_at(s, count - 1)->start - job_at(s, 0)->start);
    double mean = span > 0 ? alike * (double)slack / span : alike;
    double groups = (double)count * 2 * SLACKS;
    if (span < SPAN_MIN * (double)slack || groups * tail(mean, members - 1) > chance_max) {
        return groups; /* in so short a time nothing can be said of chance */
    }
    double beside = around(s, i, slack);
    return groups * tail(beside > mean ? beside : mean, members - 1);
}

static bool ends_with(
    const struct fb_leads_job *first, const struct fb_leads_job *other, int64_t slack)
{
    int64_t apart = other->end - first->end;
    return !other->joined && (apart < 0 ? -apart : apart) <= slack;
}

/* Jobs that begin within the slack of job i and end within it too; their weight and the heaviest.
 */
static struct fb_leads_group weigh(const struct sized *s, size_t i, int64_t slack)
{
    struct fb_leads_job *first = job_at(s, i);
    struct fb_leads_group group = {i, i, 0, 0};
    size_t count = s->to - s->from, begun = 0;
    for (size_t k = i; k < count && job_at(s, k)->start - first->start <= slack; k++) {
        const struct fb_leads_job *other = job_at(s, k);
        if (++begun > WINDOW_MAX) {
            first->crowded = first->crowded || slack == s->leads->options.slack_s;
            return (struct fb_leads_group){i, i, 0, 0};
        }
        if (ends_with(first, other, slack)) {
            group.weight += other->weight;
            group.largest = other->weight > group.largest ? other->weight : group.largest;
            group.to++;
        }
    }
    return group;
}

/* Moves those that weigh() counted to behind job i, so that they are a range. */
static void gather(struct sized *s, size_t i, int64_t slack)
{
    const struct fb_leads_job first = *job_at(s, i);
    size_t end = i, count = s->to - s->from;
    for (size_t k = i; k < count && job_at(s, k)->start - first.start <= slack; k++) {
        if (ends_with(&first, job_at(s, k), slack)) {
            struct fb_leads_job moved = *job_at(s, k);
            memmove(job_at(s, end + 1), job_at(s, end), (k - end) * sizeof(moved));
            *job_at(s, end) = moved;
            job_at(s, end++)->joined = true;
        }
    }
}

static enum fb_code find_together(struct sized *s, int64_t slack, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    struct fb_leads *leads = s->leads;
    double threshold = fb_leads_threshold(leads);
    size_t count = s->to - s->from, skip = 0;
    for (size_t i = 0; code == FB_OK && i < count; i += skip) {
        skip = 1;
        const struct fb_leads_job *first = job_at(s, i);
        bool brief = first->end - first->start < 2 * slack && slack > leads->options.slack_s;
        if (first->joined || brief) {
            continue;
        }
        struct fb_leads_group group = weigh(s, i, slack);
        size_t members = group.to - group.from;
        if (members < TOGETHER_MIN || group.weight < threshold || group.largest >= threshold) {
            continue;
        }
        double chance = chance_together(s, i, members, slack);
        if (chance > chance_max) {
            continue;
        }
        gather(s, i, slack);
        group.from += s->from;
        group.to += s->from;
        struct fb_lead lead = {.chance = chance};
        code = fb_leads_take(leads, FB_LEAD_TOGETHER, group, &lead, err);
        skip = members;
    }
    return code;
}

/* The first job that begins at `start` or later. */
static size_t first_from(const struct sized *s, int64_t start)
{
    size_t low = 0, high = s->to - s->from;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (job_at(s, middle)->start < start) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Whether some job begins within the slack of the end of job i. */
static bool is_followed(const struct sized *s, size_t i, int64_t slack)
{
    int64_t end = job_at(s, i)->end;
    size_t next = first_from(s, end);
    return next < s->to - s->from && job_at(s, next)->start - end <= slack;
}

/* How many jobs are followed. */
static double count_links(const struct sized *s, int64_t slack)
{
    double links = 0;
    for (size_t i = 0; i < s->to - s->from; i++) {
        links += is_followed(s, i, slack);
    }
    return links;
}

static int compare_ends(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    if (x->end != y->end) {
        return x->end < y->end ? -1 : 1;
    }
    return x->job < y->job ? -1 : x->job > y->job;
}

/* The heaviest chain that each job ends, in which each begins within the slack of the end of the
 * one before. A window slides over the ends; of those in it the heaviest stands first in a queue.
 */
static void chain(struct sized *s, int64_t slack)
{
    size_t count = s->to - s->from, ended = 0, head = 0, tail_at = 0;
    for (size_t i = 0; i < count; i++) {
        s->steps[i] = (struct step){job_at(s, i)->end, (uint32_t)i};
    }
    qsort(s->steps, count, sizeof(*s->steps), compare_ends);
    for (size_t i = 0; i < count; i++) {
        const struct fb_leads_job *job = job_at(s, i);
        for (; ended < count && s->steps[ended].end <= job->start; ended++) {
            uint32_t one = s->steps[ended].job;
            if (one >= i || job_at(s, one)->relayed) {
                continue; /* one that began at the same instant and took no time */
            }
            while (tail_at > head && s->best[s->queue[tail_at - 1]] <= s->best[one]) {
                tail_at--;
            }
            s->queue[tail_at++] = one;
        }
        while (head < tail_at && job_at(s, s->queue[head])->end < job->start - slack) {
            head++;
        }
        bool follows = head < tail_at && !job->relayed;
        s->before[i] = follows ? s->queue[head] : UINT32_MAX;
        s->best[i] = job->weight + (follows ? s->best[s->queue[head]] : 0);
    }
}

/* Makes a lead of a chain, whose places stand in order, unless it is one user's restarts. */
static enum fb_code take_chain(struct sized *s, size_t length, double chance, struct fb_err *err)
{
    struct fb_leads *leads = s->leads;
    struct fb_leads_job *chain = fb_calloc(length, sizeof(*chain));
    if (!chain) {
        return fb_err_set(err, FB_E_NOMEM, "memory ran out for jobs that follow each other");
    }
    for (size_t i = 0; i < length; i++) {
        job_at(s, s->queue[i])->relayed = true;
        chain[i] = *job_at(s, s->queue[i]);
    }
    /* A lead is of a range of jobs: for this one the chain alone. */
    struct fb_leads_job *items = leads->items;
    leads->items = chain;
    struct fb_leads_group group = fb_leads_group_of(leads, 0, length);
    struct fb_lead lead = {.chance = chance};
    bool others = fb_leads_different(chain, 0, length, offsetof(struct fb_leads_job, user)) > 1 ||
                  fb_leads_different(chain, 0, length, offsetof(struct fb_leads_job, stem)) > 1;
    enum fb_code code = others ? fb_leads_take(leads, FB_LEAD_RELAY, group, &lead, err) : FB_OK;
    leads->items = items;
    fb_free(chain);
    return code;
}

/* The share of those jobs in no chain which end within a time that are followed. */
static double followers(const struct sized *s, int64_t from, int64_t until, int64_t slack)
{
    double links = 0, jobs = 0;
    for (size_t i = 0; i < s->to - s->from; i++) {
        const struct fb_leads_job *job = job_at(s, i);
        if (!job->relayed && job->end >= from && job->end <= until) {
            links += is_followed(s, i, slack);
            jobs++;
        }
    }
    return jobs > 0 ? links / jobs : 0;
}

static void mark(struct sized *s, size_t length, bool relayed)
{
    for (size_t i = 0; i < length; i++) {
        job_at(s, s->queue[i])->relayed = relayed;
    }
}

/* How many chains like that in the queue, the last job first, chance gives: each job begins one,
 * and is followed by as many as those outside the chain are, over all and while it went on. */
static double chance_relay(struct sized *s, size_t length, double links, int64_t slack)
{
    double count = (double)(s->to - s->from), own = (double)(length - 1);
    double mean = (links > own ? links - own + 1 : 1) / (count - own);
    double chains = count * RELAY_SLACKS;
    if (mean >= 1 || chains * pow(mean, own) > chance_max) {
        return chains;
    }
    mark(s, length, true);
    double then =
        followers(s, job_at(s, s->queue[length - 1])->start, job_at(s, s->queue[0])->end, slack);
    mark(s, length, false);
    mean = then > mean ? then : mean;
    return mean >= 1 ? chains : chains * pow(mean, own);
}

static enum fb_code find_relays(struct sized *s, int64_t slack, struct fb_err *err)
{
    enum fb_code code = FB_OK;
    double threshold = fb_leads_threshold(s->leads), links = count_links(s, slack);
    size_t count = s->to - s->from;
    chain(s, slack);
    /* From the last; what was walked through is not walked through again. */
    for (size_t i = count; code == FB_OK && i-- > 0;) {
        size_t length = 0;
        double weight = 0, largest = 0;
        for (uint32_t k = (uint32_t)i; s->best[i] >= threshold && k != UINT32_MAX;
             k = s->before[k]) {
            const struct fb_leads_job *job = job_at(s, k);
            if (job->relayed || s->best[k] <= 0) {
                break;
            }
            weight += job->weight;
            largest = job->weight > largest ? job->weight : largest;
            s->queue[length++] = k;
        }
        for (size_t k = 0; k < length; k++) {
            s->best[s->queue[k]] = 0;
        }
        if (length < RELAY_MIN || weight < threshold || largest >= threshold) {
            continue;
        }
        double chance = chance_relay(s, length, links, slack);
        if (chance <= chance_max) {
            code = take_chain(s, length, chance, err);
        }
    }
    return code;
}

static void *grab(size_t count, size_t size, struct fb_err *err)
{
    void *room = fb_calloc(count, size);
    if (!room) {
        (void)fb_err_set(err, FB_E_NOMEM, "memory ran out for jobs that coincide");
    }
    return room;
}

/* Jobs [from, to), of one size or of any, in the order of their starts. */
static enum fb_code look(
    struct fb_leads *leads, size_t from, size_t to, bool of_any_size, struct fb_err *err)
{
    size_t count = to - from;
    struct sized s = {.leads = leads, .from = from, .to = to};
    if (count < TOGETHER_MIN) {
        return FB_OK;
    }
    s.lengths = grab(count, sizeof(*s.lengths), err);
    s.steps = s.lengths ? grab(count, sizeof(*s.steps), err) : NULL;
    s.best = s.steps ? grab(count, sizeof(*s.best), err) : NULL;
    s.before = s.best ? grab(count, sizeof(*s.before), err) : NULL;
    s.queue = s.before ? grab(count, sizeof(*s.queue), err) : NULL;
    enum fb_code code = s.queue ? FB_OK : FB_E_NOMEM;
    for (size_t i = 0; code == FB_OK && i < count; i++) {
        s.lengths[i] = leads->items[from + i].end - leads->items[from + i].start;
    }
    if (code == FB_OK) {
        qsort(s.lengths, count, sizeof(*s.lengths), compare_lengths);
    }
    for (size_t w = 0; code == FB_OK && w < SLACKS; w++) {
        code = find_together(&s, together_slacks[w] * leads->options.slack_s, err);
    }
    /* Moving for groups has changed the order within a slack. */
    if (code == FB_OK && !of_any_size) {
        qsort(leads->items + from, count, sizeof(*leads->items), fb_leads_by_key);
    }
    for (size_t w = 0; code == FB_OK && !of_any_size && w < RELAY_SLACKS; w++) {
        code = find_relays(&s, relay_slacks[w] * leads->options.slack_s, err);
    }
    fb_free(s.queue);
    fb_free(s.before);
    fb_free(s.best);
    fb_free(s.steps);
    fb_free(s.lengths);
    return code;
}

enum fb_code fb_leads_coincide(struct fb_leads *leads, struct fb_err *err)
{
    FB_ASSERT(leads);
    enum fb_code code = FB_OK;
    for (size_t i = 0; i < leads->count; i++) {
        struct fb_leads_job *job = &leads->items[i];
        job->key = fb_leads_mix((uint64_t)job->gpus, job->chip);
        job->joined = job->relayed = job->crowded = false;
    }
    qsort(leads->items, leads->count, sizeof(*leads->items), fb_leads_by_key);
    for (size_t from = 0, to; code == FB_OK && from < leads->count; from = to) {
        to = from + 1;
        while (to < leads->count && leads->items[to].key == leads->items[from].key) {
            to++;
        }
        code = look(leads, from, to, false, err);
    }
    for (size_t i = 0; i < leads->count; i++) {
        const struct fb_leads_job *job = &leads->items[i];
        leads->crowded += job->crowded && !job->joined;
        leads->items[i].key = 0;
    }
    qsort(leads->items, leads->count, sizeof(*leads->items), fb_leads_by_key);
    return code ? code : look(leads, 0, leads->count, true, err);
}
