/** What is billed by the month or the hour whether or not a message passes, counted from a template. */
export function costDrivers(template) {
  const ofType = type => Object.values(template.Resources).filter(resource => resource.Type === type);
  const isOnDemand = stream => stream.Properties?.StreamModeDetails?.StreamMode === 'ON_DEMAND';
  const streams = ofType('AWS::Kinesis::Stream');
  const provisioned = streams.filter(stream => !isOnDemand(stream));
  const drivers = [
    [ofType('AWS::KMS::Key').length, 'key'],
    [streams.length - provisioned.length, 'on-demand stream'],
    [provisioned.reduce((shards, { Properties }) => shards + Number(Properties?.ShardCount ?? 1), 0), 'shard'],
    [ofType('AWS::CloudWatch::Alarm').length, 'alarm'],
  ];
  return drivers.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}${count === 1 ? '' : 's'}`).join(', ') || 'none';
}
