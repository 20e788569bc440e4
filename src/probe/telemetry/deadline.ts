/** Runs `work` for at most `timeoutMs`; resolves, whatever becomes of it. True when it ended well in time. */
export async function withinTime(
  work: () => Promise<unknown>,
  timeoutMs: number,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  // Not unref'd: while somebody waits for this, the process must not end for want of work.
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), Math.max(0, timeoutMs))
  })
  try {
    return await Promise.race([Promise.resolve(work()).then(() => true), late])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
