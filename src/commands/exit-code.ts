/** How a command ended: 0 fine · 1 nothing found, or failed · 2 called wrongly. */
export type ExitCode = 0 | 1 | 2
