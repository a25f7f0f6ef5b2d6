#include "stats/sample.h"

#include <math.h>
#include <stdlib.h>

#include "base/assert.h"

double fb_sample_mean(const double *x, size_t n)
{
    FB_ASSERT(n >= 1);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
    }
    return sum / (double)n;
}

double fb_sample_variance(const double *x, size_t n)
{
    FB_ASSERT(n >= 2);
    double mean = fb_sample_mean(x, n), sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (x[i] - mean) * (x[i] - mean);
    }
    return sum / (double)(n - 1);
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

void fb_sample_sort(double *x, size_t n)
{
    FB_ASSERT(x || n == 0);
    if (n > 1) {
        qsort(x, n, sizeof(*x), compare);
    }
}

double fb_sample_quantile(const double *sorted, size_t n, double q)
{
    FB_ASSERT(n >= 1 && q >= 0 && q <= 1);
    double place = q * (double)(n - 1);
    size_t low = (size_t)floor(place);
    double part = place - (double)low;
    if (part <= 0 || low + 1 >= n || sorted[low] >= sorted[low + 1]) {
        return sorted[low];
    }
    return sorted[low] + part * (sorted[low + 1] - sorted[low]);
}
