import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { attributes } from '../../src/semconv/attributes.ts'
import { errorCodes } from '../../src/semconv/error-codes.ts'
import { events } from '../../src/semconv/events.ts'
import { metrics } from '../../src/semconv/metrics.ts'
import { spans } from '../../src/semconv/spans.ts'
import { renderVocabulary } from '../../src/semconv/vocabulary.ts'

describe('the vocabulary page', () => {
  test('[X38] is what the registry says; otherwise run: npm run vocabulary', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/vocabulary.md'), 'utf8')
    expect(page).toBe(renderVocabulary())
  })

  test('[X38] leaves nothing of the registry out', () => {
    const page = renderVocabulary()
    const all = [attributes, events, metrics, spans, errorCodes].flatMap(Object.keys)
    expect(all.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([])
  })

  test('[X38] every table has as many cells in each row as in its head', () => {
    const rows = renderVocabulary()
      .split('\n')
      .map((line) => (line.startsWith('|') ? line.replaceAll('\\|', '').split('|').length : 0))
    const uneven = rows.filter((cells, index) => {
      const before = rows[index - 1] ?? 0
      return cells > 0 && before > 0 && cells !== before
    })
    expect(uneven).toEqual([])
  })
})
