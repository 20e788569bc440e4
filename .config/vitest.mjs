// Runs vitest as a process of its own, its output shown, and hands out the report that it leaves.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** `folder` takes the report; `report` is the text's path, which is missing when vitest could not start. */
export function runVitest(folder, args, env = {}) {
  const report = join(folder, 'report.json')
  const { status } = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      '--config',
      '.config/vitest.config.ts',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ],
    { stdio: 'inherit', env: { ...process.env, ...env } },
  )
  return { status, report }
}
