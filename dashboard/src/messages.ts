// Short names for what the API says; the shapes themselves are generated (npm run types).
import type { components } from "./api-types";

type Schemas = components["schemas"];

export type UnitView = Schemas["UnitView"];
export type UnitStatus = Schemas["UnitStatus"];
export type ReadingView = Schemas["ReadingView"];
export type AlertView = Schemas["AlertView"];
export type NotEvaluated = Schemas["NotEvaluated"];
export type Link = Schemas["Link"];
export type LinkTrouble = Schemas["LinkTrouble"];
export type Priority = AlertView["priority"];
export type Phase = ReadingView["phase"];
export type ReadingFlag = ReadingView["flags"][number];
export type MachineLink = UnitStatus["machine"];

export type Snapshot = Schemas["Snapshot"];
export type PageMessage = Schemas["PageMessage"];
export type ServerMessage =
  | Snapshot
  | Schemas["Readings"]
  | Schemas["AlertMessage"]
  | Schemas["StatusMessage"]
  | PageMessage;
export type ClientMessage = Schemas["ClientMessage"];

export type Me = Schemas["Me"];
export type DemoAccount = Schemas["DemoAccount"];
export type DemoAccounts = Schemas["DemoAccounts"];
export type History = Schemas["History"];
export type GapView = Schemas["GapView"];
export type MarkView = Schemas["MarkView"];
export type Series = Schemas["Series"];
export type Alerts = Schemas["Alerts"];
export type AlertDetail = Schemas["AlertDetail"];
export type Acknowledged = Schemas["Acknowledged"];
export type Answered = Schemas["Answered"];
export type Answerable = Schemas["Answerable"];
export type NoticeView = Schemas["NoticeView"];
export type Notices = Schemas["Notices"];
export type NoticeDetail = Schemas["NoticeDetail"];
export type NoticeEventView = Schemas["NoticeEventView"];
export type NoticeStep = Schemas["NoticeStep"];
export type NoticeDelivery = Schemas["NoticeDelivery"];
export type OwnChannels = Schemas["OwnChannels"];
export type OwnChannel = Schemas["OwnChannelView"];
export type ChannelTest = Schemas["ChannelTestView"];
export type AddChannel = Schemas["AddChannel"];
export type AddedChannel = Schemas["AddedChannel"];
export type RemovedChannel = Schemas["RemovedChannel"];
export type PushKey = Schemas["PushKey"];
export type PageReceipt = Schemas["PageReceipt"];
export type Shelve = Schemas["Shelve"];
export type Shelved = Schemas["Shelved"];
