/** A profile in which every section has something, as any of the SDKs in TypeScript takes it. */
export const career = {
  label: 'For engineering',
  personal_info: {
    full_name: 'Ada Lovelace',
    email: 'ada@example.org',
    location: 'London',
    website: 'https://ada.example.org',
    links: [{ network: 'Mathstodon', username: 'ada', url: 'https://mathstodon.example.org/@ada' }],
  },
  professional_summary: 'Writes programs for machines that are still to be built.',
  skills: {
    technical: ['Algorithms', 'Analysis'],
    soft: ['Patience'],
    details: [{ kind: 'technical', name: 'Algorithms', level: 'Expert' } as const],
    languages: [{ name: 'English', proficiency: 'native' } as const],
    certifications: [{ name: 'Mathematics', issuer: 'Augustus De Morgan', date_obtained: '1841' }],
  },
  experiences: [{ title: 'Analyst', company: 'Analytical Engines', start_date: '1842-02', is_current: true }],
  education: [{ institution: 'At home', degree: 'None', field_of_study: 'Mathematics', start_date: null }],
  projects: [{ name: 'Note G', description: 'Computes the Bernoulli numbers.', technologies: ['Punched cards'] }],
  volunteering: [{ organization: 'Library', role: 'Reader' }],
  awards: [{ title: 'First program' }],
  publications: [{ name: 'Sketch of the Analytical Engine' }],
  interests: [{ name: 'Flight', keywords: ['steam', 'wings'] }],
  references: [{ name: 'Charles Babbage', reference: 'The Enchantress of Numbers.' }],
  custom_fields: { motto: { text: 'It can do whatever we know how to order it.' }, salary: 1200 },
};

/** Some jobs; each has a title of its own. */
export function jobs(count: number): { title: string; company: string; start_date: string }[] {
  return Array.from({ length: count }, (_, n) => ({ title: `Post ${n}`, company: 'Engines', start_date: '1843' }));
}
