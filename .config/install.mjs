// Installs what is missing before a script of package.json runs; does nothing when node_modules matches the lockfile.
// Plain JavaScript without dependencies: on a fresh clone it runs under whatever Node is on PATH.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const lock = readFileSync('package-lock.json', 'utf8')
const stamp = 'node_modules/.installed-lock.json'
const installed =
  existsSync('node_modules/.bin/node') && existsSync(stamp) && readFileSync(stamp, 'utf8') === lock

if (!installed) {
  console.error('fillpath: installing dependencies (npm ci), once …')
  const npm = process.env['npm_execpath']
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []]
  const { status } = spawnSync(
    command,
    [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: !npm && process.platform === 'win32',
    },
  )
  if (status !== 0) {
    console.error('fillpath: npm ci failed; its messages stand above.')
    process.exit(status ?? 1)
  }
  writeFileSync(stamp, lock)
}
