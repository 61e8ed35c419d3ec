/** What is billed by the month or the hour whether or not a message passes, counted from a template. */
export function costDrivers(template) {
  const all = Object.values(template.Resources);
  const ofType = type => all.filter(resource => resource.Type === type);
  const streams = ofType('AWS::Kinesis::Stream');
  const onDemand = streams.filter(stream => stream.Properties?.StreamModeDetails?.StreamMode === 'ON_DEMAND');
  const tracking = ofType('AWS::AutoScaling::ScalingPolicy').filter(policy => policy.Properties?.PolicyType === 'TargetTrackingScaling');
  const shards = streams.filter(stream => !onDemand.includes(stream)).reduce((sum, stream) => sum + Number(stream.Properties?.ShardCount ?? 1), 0);
  const drivers = [
    [ofType('AWS::KMS::Key').length, 'key'],
    [onDemand.length, 'on-demand stream'],
    [shards, 'shard'],
    // Target tracking makes a high and a low alarm of its own.
    [ofType('AWS::CloudWatch::Alarm').length + tracking.length * 2, 'alarm'],
    [ofType('AWS::EC2::VPCEndpoint').length, 'endpoint'],
    [ofType('AWS::EC2::NatGateway').length, 'NAT gateway'],
  ];
  return drivers.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}${count === 1 ? '' : 's'}`).join(', ') || 'none';
}
