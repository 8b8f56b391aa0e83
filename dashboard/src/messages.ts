// Short names for what the API says; the shapes themselves are generated (npm run types).
import type { components } from "./api-types";

type Schemas = components["schemas"];

export type UnitView = Schemas["UnitView"];
export type UnitStatus = Schemas["UnitStatus"];
export type SparkView = Schemas["SparkView"];
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
export type Look = Schemas["Look"];
export type WhoLooked = Schemas["WhoLooked"];
export type DemoAccount = Schemas["DemoAccount"];
export type DemoAccounts = Schemas["DemoAccounts"];
export type History = Schemas["History"];
export type GapView = Schemas["GapView"];
export type MarkView = Schemas["MarkView"];
export type Series = Schemas["Series"];
export type Alerts = Schemas["Alerts"];
export type TreatmentView = Schemas["TreatmentView"];
export type Treatments = Schemas["Treatments"];
export type Rules = Schemas["Rules"];
export type RuleView = Schemas["RuleView"];
export type AlertDetail = Schemas["AlertDetail"];
export type Acknowledged = Schemas["Acknowledged"];
export type Answered = Schemas["Answered"];
export type Answerable = Schemas["Answerable"];
export type NoticeView = Schemas["NoticeView"];
export type Notices = Schemas["Notices"];
export type Problem = Schemas["Problem"];
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

export type Duty = Schemas["Duty"];
export type ClinicDuty = Schemas["ClinicDuty"];
export type CoverageView = Schemas["CoverageView"];
export type SelftestLine = Schemas["SelftestLine"];
export type Rotas = Schemas["Rotas"];
export type RotaView = Schemas["RotaView"];
export type RotaChanged = Schemas["RotaChanged"];
export type ShiftView = Schemas["ShiftView"];
export type OverrideView = Schemas["OverrideView"];
export type LoadAnswer = Schemas["LoadAnswer"];
export type PersonLoadView = Schemas["PersonLoadView"];
export type RuleLoadView = Schemas["RuleLoadView"];
export type FiguresView = Schemas["FiguresView"];
export type UserAccount = Schemas["UserAccount"];
export type Users = Schemas["Users"];
export type UserChanged = Schemas["UserChanged"];
export type UserWithPassword = Schemas["UserWithPassword"];
export type AddUser = Schemas["AddUser"];
export type ChangeUser = Schemas["ChangeUser"];
export type DeedView = Schemas["DeedView"];
export type Deeds = Schemas["Deeds"];
export type DeedKinds = Schemas["DeedKinds"];
export type ChainView = Schemas["ChainView"];
export type SystemPart = Schemas["SystemPart"];
export type SystemAnswer = Schemas["SystemAnswer"];
export type Installation = Schemas["Installation"];
export type Installations = Schemas["Installations"];
export type InstallationAnswer = Schemas["InstallationAnswer"];
export type AddPatient = Schemas["AddPatient"];
export type PatientAdded = Schemas["PatientAdded"];
export type HandoverAnswer = Schemas["HandoverAnswer"];
