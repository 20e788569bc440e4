/**
 * Where the random tests begin. `npm test` draws the same numbers each time, so that what fails there is what was
 * changed; `npm run test:faults` draws new ones. `FILLPATH_SEED=n` repeats a run or tries another, `FILLPATH_RUNS=n`
 * lets each property that names no count of its own run so often (100 otherwise).
 */
/** Whether the full counts of DESIGN's promises are run: `FILLPATH_FAULTS=full`. */
export const isFull = process.env['FILLPATH_FAULTS'] === 'full'

const given = process.env['FILLPATH_SEED']
const usual = isFull ? Date.now() & 0x7fffffff : 20_261_121

/** The seed of this run. */
export const seed = given === undefined ? usual : Number(given)

/** How often a property runs. */
export const runs = Number(process.env['FILLPATH_RUNS'] ?? 100)
