import { readFileSync } from 'fs';
import { join } from 'path';
import { PRICES, costsOfMillion } from './worker-costs';

const README = readFileSync(join(__dirname, '..', '..', 'src', 'workers', 'README.md'), 'utf8');
const dollars = (amount: number) => `$${amount.toFixed(2)}`;

test.each([[0.1, '100 ms'], [60, '60 s']])('the costs of a million messages of %d seconds are those of the table', (seconds, words) => {
  const { lambda, fargate, ec2, sqs } = costsOfMillion(seconds);
  expect(README).toContain(`| a million messages of ${words} | ${[lambda, fargate, ec2].map(dollars).join(' | ')} |`);
  expect(README).toContain(`${dollars(sqs)} for SQS`);
});

test('computed by hand', () => {
  // 100,000 seconds: 50,000 GB-seconds and 100,000 requests; 27.8 hours of a task; 6.94 hours of an instance with its volume.
  const { lambda, fargate, ec2, sqs } = costsOfMillion(0.1);
  expect([lambda, fargate, ec2, sqs].map(amount => Number(amount.toFixed(4)))).toEqual([0.6867, 0.2743, 0.1228, 0.48]);
});

test('every price is quoted', () => {
  for (const price of Object.values(PRICES)) expect(README).toContain(`$${price.toFixed(10).replace(/0+$/, '').replace(/^(\d+\.\d)$/, '$10')}`);
});
