const requestsAtOnce = 6

/** Does `work` for each of `all`, a few at once; the results in their order. */
export async function inParallel<A, B>(
  all: readonly A[],
  work: (one: A) => Promise<B>,
): Promise<B[]> {
  const results: B[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let index = next++; index < all.length; index = next++) {
      const one = all[index]
      if (one !== undefined) results[index] = await work(one)
    }
  }
  await Promise.all(Array.from({ length: Math.min(requestsAtOnce, all.length) }, worker))
  return results
}
