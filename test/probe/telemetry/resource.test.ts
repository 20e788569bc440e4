import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createRedactor } from '../../../src/redact/redact.ts'
import { checkedOutCommit } from '../../../src/probe/telemetry/commit.ts'
import { resourceOf } from '../../../src/probe/telemetry/resource.ts'
import { settingsOf } from '../../../src/probe/telemetry/settings.ts'

const redactor = createRedactor()

describe('the resource', () => {
  afterEach(() => vi.unstubAllEnvs())

  test('[B38, B39, B41] says which bot, run, code and convention a record comes from', () => {
    const settings = settingsOf(
      { serviceName: 'hedge-bot', botId: 'b1', runId: 'r1', codeCommit: 'abc', mode: 'paper' },
      {},
    )
    expect(resourceOf(settings, redactor).attributes).toMatchObject({
      'service.name': 'hedge-bot',
      'trading.bot.id': 'b1',
      'trading.run.id': 'r1',
      'trading.code.commit': 'abc',
      'trading.mode': 'paper',
      'trading.log_schema_version': expect.stringMatching(/^\d+\.\d+\.\d+$/),
      'telemetry.sdk.language': 'nodejs',
      'process.pid': process.pid,
      'process.runtime.version': process.versions.node,
      'service.instance.id': expect.any(String),
      'host.name': expect.any(String),
      'os.type': 'linux',
    })
  })

  test('[C33] arguments, paths and the user of the process are not in it', () => {
    const { attributes } = resourceOf(settingsOf({}, {}), redactor)
    const told = Object.keys(attributes).filter((name) => /command|args|owner|path/.test(name))
    expect(told).toEqual([])
    expect(JSON.stringify(attributes)).not.toContain(process.argv[1])
  })

  test('[B46, C33] a secret among the attributes is hidden, of an option and of a variable', () => {
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'api.secret=abcdefgh12345678,region=eu')
    const settings = settingsOf({ resourceAttributes: { apiKey: 'abcdefgh12345678' } }, {})
    expect(resourceOf(settings, redactor).attributes).toMatchObject({
      'api.secret': '[REDACTED]',
      apiKey: '[REDACTED]',
      region: 'eu',
    })
  })

  test('variables win over what was detected, options over variables', () => {
    vi.stubEnv(
      'OTEL_RESOURCE_ATTRIBUTES',
      'host.name=from-env,trading.bot.id=env-bot,deployment.environment.name=paper,region=eu',
    )
    const settings = settingsOf({ resourceAttributes: { region: 'us' } }, {})
    expect(resourceOf(settings, redactor).attributes).toMatchObject({
      'host.name': 'from-env',
      'trading.bot.id': 'env-bot',
      'deployment.environment.name': 'paper',
      region: 'us',
    })
    expect(resourceOf(settingsOf({ botId: 'b2' }, {}), redactor).attributes['trading.bot.id']).toBe(
      'b2',
    )
  })
})

describe('[B39] the commit that is checked out', () => {
  const commit = 'a'.repeat(40)
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fillpath-git-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function git(files: Record<string, string>): void {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  }

  test('is that of the branch, also from a folder below', () => {
    git({
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/refs/heads/main': `${commit}\n`,
      'src/x': '',
    })
    expect(checkedOutCommit(folder)).toBe(commit)
    expect(checkedOutCommit(join(folder, 'src'))).toBe(commit)
  })

  test('is found among packed branches and on a detached head', () => {
    git({
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/packed-refs': `# pack-refs\n${'b'.repeat(40)} refs/heads/other\n${commit} refs/heads/main\n`,
    })
    expect(checkedOutCommit(folder)).toBe(commit)
    git({ '.git/HEAD': `${'c'.repeat(40)}\n` })
    expect(checkedOutCommit(folder)).toBe('c'.repeat(40))
  })

  test('is that of the worktree', () => {
    git({
      'main/.git/worktrees/w/HEAD': 'ref: refs/heads/feature\n',
      'main/.git/worktrees/w/commondir': '../..\n',
      'main/.git/refs/heads/feature': `${commit}\n`,
      'w/.git': `gitdir: ${join(folder, 'main/.git/worktrees/w')}\n`,
    })
    expect(checkedOutCommit(join(folder, 'w'))).toBe(commit)
  })

  test('is not made up where there is none', () => {
    git({ '.git/HEAD': 'ref: refs/heads/unborn\n' })
    expect(checkedOutCommit(folder)).toBeUndefined()
    git({ '.git/HEAD': 'garbage' })
    expect(checkedOutCommit(folder)).toBeUndefined()
    expect(checkedOutCommit('/nowhere/at/all')).toBeUndefined()
  })
})
