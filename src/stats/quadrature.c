#include "stats/quadrature.h"

#include <math.h>

#include "base/assert.h"

void fb_quadrature_legendre(int count, struct fb_quadrature *out)
{
    static const double pi = 3.14159265358979323846;
    FB_ASSERT(count >= 1 && count <= FB_QUADRATURE_MAX && out);
    out->count = count;
    for (int i = 0; i < count; i++) {
        double x = cos(pi * (i + 0.75) / (count + 0.5)), slope = 1;
        for (int step = 0; step < 100; step++) {
            double p = 1, before = 0;
            for (int k = 1; k <= count; k++) {
                double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
                before = p;
                p = next;
            }
            slope = count * (x * p - before) / (x * x - 1);
            double move = p / slope;
            x -= move;
            if (fabs(move) < 1e-15) {
                break;
            }
        }
        out->node[i] = -x;
        out->weight[i] = 2 / ((1 - x * x) * slope * slope);
    }
}
