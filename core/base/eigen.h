/* Eigen: the eigenvalues of a small symmetric matrix, the same bits everywhere. */
#ifndef PL_BASE_EIGEN_H
#define PL_BASE_EIGEN_H

/* Eigenvalues of the symmetric [a] (n x n, row by row; only the lower triangle is read, the whole is
 * overwritten) in ascending order to out[n]. Householder's reduction to a tridiagonal matrix, then QL with
 * Wilkinson's shift; about 4/3 n^3 operations. Errors are a few ulp of the largest. An entry that is not
 * finite makes every eigenvalue NaN. */
void pl_eigenvalues(double *a, int n, double *out);

#endif
