/* quadrature.h: nodes and weights of Gauss and Legendre's rule on [-1, 1]. */
#ifndef FB_STATS_QUADRATURE_H
#define FB_STATS_QUADRATURE_H

/** The most nodes of a rule. */
enum { FB_QUADRATURE_MAX = 64 };

/** A rule. */
struct fb_quadrature {
    int count;
    double node[FB_QUADRATURE_MAX];
    double weight[FB_QUADRATURE_MAX];
};

/** Fills the rule of 1 to FB_QUADRATURE_MAX nodes, exact for polynomials of degree 2 count - 1:
 * zeros of the Legendre polynomial by Newton's method from cos(pi (i - 1/4) / (count + 1/2)), as
 * any text on numerical analysis has it. */
void fb_quadrature_legendre(int count, struct fb_quadrature *out);

#endif
