"""Gibbs sampler of the latent class model, compiled."""

from __future__ import annotations

import math

import numpy as np

from kyoto.analysis.hidden.arrays import Floats, Integers
from kyoto.analysis.hidden.compiled import compiled

__all__ = ["binomial", "latent_chain"]


@compiled
def binomial(generator: np.random.Generator, trials: int, chance: float) -> int:
    """Binomial draw: by inversion for small means, by Hörmann's (1993) transformed rejection otherwise."""
    if trials <= 0 or chance <= 0.0:
        return 0
    if chance >= 1.0:
        return trials
    if chance > 0.5:
        return trials - binomial_below_half(generator, trials, 1.0 - chance)
    return binomial_below_half(generator, trials, chance)


@compiled
def binomial_below_half(generator: np.random.Generator, trials: int, chance: float) -> int:
    """Binomial draw for a chance of at most one half."""
    if trials * chance < 10.0:
        return binomial_by_inversion(generator, trials, chance)
    return binomial_by_rejection(generator, trials, chance)


@compiled
def binomial_by_inversion(generator: np.random.Generator, trials: int, chance: float) -> int:
    """Walk up the distribution function."""
    odds = chance / (1.0 - chance)
    start = math.exp(trials * math.log1p(-chance))
    while True:
        uniform = generator.random()
        term = start
        for value in range(trials + 1):
            if uniform < term:
                return value
            uniform -= term
            term *= odds * (trials - value) / (value + 1.0)
            if value > 110:
                break


@compiled
def binomial_by_rejection(generator: np.random.Generator, trials: int, chance: float) -> int:
    """Algorithm BTRS of Hörmann (1993), Journal of Statistical Computation and Simulation 46, 101-110."""
    spread = math.sqrt(trials * chance * (1.0 - chance))
    b = 1.15 + 2.53 * spread
    a = -0.0873 + 0.0248 * b + 0.01 * chance
    centre = trials * chance + 0.5
    quick = 0.92 - 4.2 / b
    alpha = (2.83 + 5.1 / b) * spread
    mode = math.floor((trials + 1) * chance)
    log_odds = math.log(chance / (1.0 - chance))
    height = np.nan
    while True:
        u = generator.random() - 0.5
        v = generator.random()
        near = 0.5 - abs(u)
        value = math.floor((2.0 * a / near + b) * u + centre)
        if near >= 0.07 and v <= quick:
            return int(value)
        if value < 0 or value > trials:
            continue
        if np.isnan(height):  # only one draw in seven gets here
            height = math.lgamma(mode + 1.0) + math.lgamma(trials - mode + 1.0)
        v = math.log(v * alpha / (a / (near * near) + b))
        if v <= height - math.lgamma(value + 1.0) - math.lgamma(trials - value + 1.0) + (value - mode) * log_odds:
            return int(value)


@compiled
def share_out(generator: np.random.Generator, people: int, chances: Floats, total: float, counts: Integers) -> None:
    """Multinomial draw into ``counts``."""
    left = people
    rest = total
    last = chances.shape[0] - 1
    if people == 1:
        counts[:] = 0
        uniform = generator.random() * total
        for index in range(last + 1):
            uniform -= chances[index]
            if uniform < 0.0 or index == last:
                counts[index] = 1
                return
    for index in range(last):
        if left == 0:
            counts[index] = 0
            continue
        drawn = binomial(generator, left, chances[index] / rest) if rest > 0.0 else 0
        counts[index] = drawn
        left -= drawn
        rest -= chances[index]
    counts[last] = left


@compiled
def history_chances(patterns: Floats, listed: Floats, shares: Floats, chances: Floats) -> None:
    """Chance of each history (row) in each class (column)."""
    for row in range(patterns.shape[0]):
        for group in range(shares.shape[0]):
            value = shares[group]
            for index in range(patterns.shape[1]):
                if patterns[row, index] > 0.0:
                    value *= listed[index, group]
                else:
                    value *= 1.0 - listed[index, group]
            chances[row, group] = value


@compiled
def update_classes(
    generator: np.random.Generator, counts: Integers, patterns: Floats, chances: Floats, sizes: Integers, on: Integers
) -> None:
    """Assign the people of every history to classes; row 0 of the histories is the unobserved one."""
    sizes[:] = 0
    on[:] = 0
    drawn = np.empty(sizes.shape[0], dtype=np.int64)
    for row in range(counts.shape[0]):
        if counts[row] == 0:
            continue
        share_out(generator, counts[row], chances[row], chances[row].sum(), drawn)
        for group in range(sizes.shape[0]):
            if drawn[group] > 0:
                sizes[group] += drawn[group]
                for index in range(patterns.shape[1]):
                    if patterns[row, index] > 0.0:
                        on[index, group] += drawn[group]


@compiled
def beta_draw(generator: np.random.Generator, first: float, second: float) -> float:
    """Beta draw from two gamma draws, kept off 0 and 1."""
    x = generator.standard_gamma(first)
    y = generator.standard_gamma(second)
    value = x / (x + y) if x + y > 0.0 else 0.5
    return min(max(value, 1e-300), 1.0 - 1e-16)


@compiled
def update_shares(generator: np.random.Generator, sizes: Integers, concentration: float, shares: Floats) -> float:
    """Stick-breaking weights given class sizes; returns the logarithm of the last one."""
    left = 1.0
    log_left = 0.0
    behind = sizes.sum()
    for group in range(sizes.shape[0] - 1):
        behind -= sizes[group]
        stick = beta_draw(generator, 1.0 + sizes[group], concentration + behind)
        shares[group] = left * stick
        left *= 1.0 - stick
        log_left += math.log1p(-stick)
    shares[-1] = left
    return log_left


@compiled
def latent_chain(
    generator: np.random.Generator,
    patterns: Floats,
    counts: Integers,
    classes: int,
    shape: float,
    rate: float,
    burn: int,
    thin: int,
    draws: Floats,
) -> None:
    """Run one chain.

    Parameters
    ----------
    generator
        Source of random numbers.
    patterns
        Histories (rows) by lists; row 0 is the unobserved history of zeros.
    counts
        People in each history; position 0 is overwritten.
    classes
        Largest number of classes.
    shape, rate
        Of the gamma prior on the concentration.
    burn, thin
        Iterations before the first draw, and per draw.
    draws
        Receives the number of unobserved people.
    """
    lists = patterns.shape[1]
    observed = counts[1:].sum()
    listed = np.empty((lists, classes))
    for index in range(lists):
        for group in range(classes):
            listed[index, group] = generator.random()
    sizes = np.zeros(classes, dtype=np.int64)
    on = np.zeros((lists, classes), dtype=np.int64)
    shares = np.empty(classes)
    chances = np.empty((patterns.shape[0], classes))
    concentration = 0.2 + generator.random()
    update_shares(generator, sizes, concentration, shares)
    for step in range(burn + thin * draws.shape[0]):
        history_chances(patterns, listed, shares, chances)
        missed = min(chances[0].sum(), 1.0 - 1e-12)
        counts[0] = generator.poisson(generator.standard_gamma(float(observed)) * missed / (1.0 - missed))
        update_classes(generator, counts, patterns, chances, sizes, on)
        for index in range(lists):
            for group in range(classes):
                listed[index, group] = beta_draw(
                    generator, 1.0 + on[index, group], 1.0 + sizes[group] - on[index, group]
                )
        log_last = update_shares(generator, sizes, concentration, shares)
        concentration = max(generator.standard_gamma(shape + classes - 1.0) / (rate - log_last), 1e-8)
        if step >= burn and (step - burn + 1) % thin == 0:
            draws[(step - burn) // thin] = counts[0]
