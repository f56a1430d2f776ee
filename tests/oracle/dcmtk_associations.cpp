// DCMTK does not export its parsers of association PDUs. So its acceptor is given the captured request, and its
// requestor, asking for the same contexts, the captured answer, each over a connection of the loopback interface.
#include <dcmtk/config/osconfig.h>
//
#include <arpa/inet.h>
#include <dcmtk/dcmnet/assoc.h>
#include <dcmtk/dcmnet/dul.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>

#include "dcmtk.h"

namespace dcmwatch::oracle {
namespace {

constexpr int kTimeoutSeconds = 5;

void check(const OFCondition& condition, const char* what) {
  if (condition.bad()) throw std::runtime_error(fmt::format("{}: {}", what, condition.text()));
}

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {
    if (descriptor < 0) throw std::runtime_error("no socket");
  }
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

sockaddr_in loopback(std::uint16_t port = 0) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

class Listener {
 public:
  Listener() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address = loopback();
    socklen_t size = sizeof address;
    if (bind(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(socket_.descriptor(), 4) != 0 ||
        getsockname(socket_.descriptor(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no listening socket");
    port_ = ntohs(address.sin_port);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int accept() const { return ::accept(socket_.descriptor(), nullptr, nullptr); }

 private:
  Socket socket_;
  std::uint16_t port_ = 0;
};

Listener& listener() {
  static Listener listener;
  return listener;
}

void send_all(int descriptor, std::string_view bytes) {
  if (send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("the loopback connection took less than a PDU");
}

T_ASC_Network* network(T_ASC_NetworkRole role) {
  static const auto make = [](T_ASC_NetworkRole of) {
    dcmDisableGethostbyaddr.set(OFTrue);
    T_ASC_Network* made = nullptr;
    check(ASC_initializeNetwork(of, 0, kTimeoutSeconds, &made), "network");
    return made;
  };
  static T_ASC_Network* acceptor = make(NET_ACCEPTOR);
  static T_ASC_Network* requestor = make(NET_REQUESTOR);
  return role == NET_ACCEPTOR ? acceptor : requestor;
}

struct Destroy {
  void operator()(T_ASC_Association* association) const { ASC_destroyAssociation(&association); }
};
using Association = std::unique_ptr<T_ASC_Association, Destroy>;

struct Opened {
  std::unique_ptr<Socket> peer;  ///< who speaks as the capture does
  Association association;
};

Opened receive(const std::string& request) {
  auto opener = std::make_unique<Socket>(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address = loopback(listener().port());
  if (connect(opener->descriptor(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("no loopback connection");
  Socket accepted{listener().accept()};
  send_all(opener->descriptor(), request);
  dcmExternalSocketHandle.set(accepted.release());  // DCMTK's to close
  T_ASC_Association* association = nullptr;
  const OFCondition condition = ASC_receiveAssociation(network(NET_ACCEPTOR), &association, ASC_MAXIMUMPDUSIZE, nullptr,
                                                       nullptr, OFFalse, DUL_BLOCK, kTimeoutSeconds);
  Association received{association};
  check(condition, "DCMTK's acceptor");
  return {std::move(opener), std::move(received)};
}

// Waits for DCMTK's request, and answers as the capture does. The connection stays open as long as what is returned.
std::unique_ptr<Socket> answer_once(const std::string& answer) {
  auto accepted = std::make_unique<Socket>(listener().accept());
  std::string request(6, '\0');
  recv(accepted->descriptor(), request.data(), request.size(), MSG_WAITALL);
  std::uint32_t length = 0;
  for (std::size_t i = 2; i < 6; ++i) length = length << 8 | static_cast<std::uint8_t>(request[i]);
  request.resize(length);
  recv(accepted->descriptor(), request.data(), request.size(), MSG_WAITALL);
  send_all(accepted->descriptor(), answer);
  return accepted;
}

std::vector<T_ASC_PresentationContext> contexts_of(T_ASC_Parameters* parameters) {
  std::vector<T_ASC_PresentationContext> contexts;
  for (int i = 0; i < ASC_countPresentationContexts(parameters); ++i)
    check(ASC_getPresentationContext(parameters, i, &contexts.emplace_back()), "a presentation context");
  return contexts;
}

T_ASC_Parameters* asking_for_the_same(T_ASC_Parameters* requested) {
  T_ASC_Parameters* parameters = nullptr;
  check(ASC_createAssociationParameters(&parameters, ASC_MAXIMUMPDUSIZE), "parameters");
  ASC_setAPTitles(parameters, requested->DULparams.callingAPTitle, requested->DULparams.calledAPTitle, nullptr);
  const std::string address = fmt::format("127.0.0.1:{}", listener().port());
  ASC_setPresentationAddresses(parameters, "127.0.0.1", address.c_str());
  for (const T_ASC_PresentationContext& context : contexts_of(requested)) {
    std::vector<const char*> syntaxes;
    for (int i = 0; i < context.transferSyntaxCount; ++i) syntaxes.push_back(context.proposedTransferSyntaxes[i]);
    check(ASC_addPresentationContext(parameters, context.presentationContextID, context.abstractSyntax, syntaxes.data(),
                                     static_cast<int>(syntaxes.size()), context.proposedRole),
          "the same contexts");
  }
  return parameters;
}

struct Answered : Opened {
  OFCondition condition;
};

Answered ask(T_ASC_Parameters* requested, const std::string& answer) {
  auto answered = std::async(std::launch::async, answer_once, answer);
  T_ASC_Association* association = nullptr;
  const OFCondition condition = ASC_requestAssociation(network(NET_REQUESTOR), asking_for_the_same(requested),
                                                       &association, nullptr, nullptr, DUL_NOBLOCK, kTimeoutSeconds);
  return {{answered.get(), Association{association}}, condition};
}

void append(std::string& list, std::string_view value) {
  if (!list.empty()) list += ", ";
  list += value;
}

void put_unless_empty(Account& account, std::string_view path, std::string_view value) {
  if (!value.empty()) account.insert_or_assign(std::string{path}, std::string{value});
}

std::string_view role_text(T_ASC_SC_ROLE role) {
  switch (role) {
    case ASC_SC_ROLE_SCU: return "scu";
    case ASC_SC_ROLE_SCP: return "scp";
    case ASC_SC_ROLE_SCUSCP: return "both";
    case ASC_SC_ROLE_NONE: return "none";
    case ASC_SC_ROLE_DEFAULT: return {};
  }
  return {};
}

// PS3.8 table 9-18
std::string_view result_text(T_ASC_P_ResultReason result) {
  switch (result) {
    case ASC_P_USERREJECTION: return "user rejection";
    case ASC_P_NOREASON: return "no reason (provider rejection)";
    case ASC_P_ABSTRACTSYNTAXNOTSUPPORTED: return "abstract syntax not supported";
    case ASC_P_TRANSFERSYNTAXESNOTSUPPORTED: return "transfer syntaxes not supported";
    default: return {};
  }
}

std::string_view identity_text(T_ASC_UserIdentityNegotiationMode mode) {
  switch (mode) {
    case ASC_USER_IDENTITY_USER: return "user name";
    case ASC_USER_IDENTITY_USER_PASSWORD: return "user name and passcode";
    case ASC_USER_IDENTITY_KERBEROS: return "Kerberos service ticket";
    case ASC_USER_IDENTITY_SAML: return "SAML assertion";
    case ASC_USER_IDENTITY_JWT: return "JSON Web Token";
    default: return {};
  }
}

using SopClasses = std::set<std::string>;

void add_extended(SopClasses& classes, const SOPClassExtendedNegotiationSubItemList* items) {
  if (!items) return;
  for (const SOPClassExtendedNegotiationSubItem* item : *items) classes.emplace(item->sopClassUID.c_str());
}

void tell_request(Account& account, T_ASC_Parameters* parameters, SopClasses& extended) {
  const DUL_ASSOCIATESERVICEPARAMETERS& dul = parameters->DULparams;
  account["dicom.calling_ae"] = dul.callingAPTitle;
  account["dicom.called_ae"] = dul.calledAPTitle;
  put_unless_empty(account, "dicom.opener.implementation_class_uid", dul.callingImplementationClassUID);
  put_unless_empty(account, "dicom.opener.implementation_version_name", dul.callingImplementationVersionName);
  account["dicom.opener.maximum_length"] = std::to_string(dul.peerMaxPDU);
  std::string proposed;
  for (const T_ASC_PresentationContext& context : contexts_of(parameters)) append(proposed, context.abstractSyntax);
  put_unless_empty(account, "dicom.contexts.proposed", proposed);
  add_extended(extended, dul.requestedExtNegList);
  if (dul.reqUserIdentNeg)
    put_unless_empty(account, "dicom.user_identity.type", identity_text(dul.reqUserIdentNeg->getIdentityType()));
}

void tell_acceptance(DcmtkAssociation& told, T_ASC_Parameters* parameters, SopClasses& extended) {
  const DUL_ASSOCIATESERVICEPARAMETERS& dul = parameters->DULparams;
  put_unless_empty(told.account, "dicom.acceptor.implementation_class_uid", dul.calledImplementationClassUID);
  put_unless_empty(told.account, "dicom.acceptor.implementation_version_name", dul.calledImplementationVersionName);
  told.account["dicom.acceptor.maximum_length"] = std::to_string(dul.peerMaxPDU);
  std::string accepted, syntaxes, refused, refusals;
  std::map<std::string, std::string> roles;
  for (const T_ASC_PresentationContext& context : contexts_of(parameters)) {
    if (context.resultReason == ASC_P_ACCEPTANCE) {
      append(accepted, context.abstractSyntax);
      append(syntaxes, context.acceptedTransferSyntax);
      told.contexts.push_back({context.presentationContextID, context.acceptedTransferSyntax});
    } else if (context.resultReason != ASC_P_NOTYETNEGOTIATED) {
      append(refused, context.abstractSyntax);
      append(refusals, result_text(context.resultReason));
    }
  }
  put_unless_empty(told.account, "dicom.contexts.accepted", accepted);
  put_unless_empty(told.account, "dicom.contexts.transfer_syntaxes", syntaxes);
  put_unless_empty(told.account, "dicom.contexts.refused", refused);
  put_unless_empty(told.account, "dicom.contexts.refusals", refusals);
  add_extended(extended, dul.acceptedExtNegList);
  if (told.account.contains("dicom.user_identity.type") && dul.ackUserIdentNeg)
    told.account["dicom.user_identity.answered"] = "true";
}

// PS3.8 table 9-21
std::string rejection_code(T_ASC_Parameters* parameters) {
  T_ASC_RejectParameters reject;
  check(ASC_getRejectParameters(parameters, &reject), "the rejection");
  return fmt::format("{}/{}/{}", static_cast<int>(reject.result), static_cast<int>(reject.source),
                     static_cast<int>(reject.reason) & 0xff);
}

// By class, each once: "1.2.840… scp".
std::string roles_text(T_ASC_Parameters* parameters, T_ASC_SC_ROLE T_ASC_PresentationContext::*role) {
  std::set<std::string> roles;
  for (const T_ASC_PresentationContext& context : contexts_of(parameters))
    if (!role_text(context.*role).empty())
      roles.insert(fmt::format("{} {}", context.abstractSyntax, role_text(context.*role)));
  std::string text;
  for (const std::string& one : roles) append(text, one);
  return text;
}

// So that it goes on listening: what its peers agreed is the requestor's to tell.
void accept_all(T_ASC_Association& association) {
  for (const T_ASC_PresentationContext& context : contexts_of(association.params))
    check(ASC_acceptPresentationContext(association.params, context.presentationContextID,
                                        context.proposedTransferSyntaxes[0]),
          "a context");
  check(ASC_acknowledgeAssociation(&association), "DCMTK's acceptance");
}

std::string aborter(Direction direction) { return direction == Direction::forward ? "opener" : "acceptor"; }

// The fragments of the P-DATA-TF that comes next.
void hear_data(T_ASC_Association& association, Direction direction, Messages& of_direction, DcmtkAssociation& told) {
  const OFCondition arrived = DUL_ReadPDVs(&association.DULassociation, nullptr, DUL_NOBLOCK, kTimeoutSeconds);
  if (arrived != DUL_PDATAPDUARRIVED) check(arrived, "a P-DATA-TF");
  DUL_PDV pdv;
  while (DUL_NextPDV(&association.DULassociation, &pdv).good()) {
    of_direction.on_fragment({direction, static_cast<std::uint8_t>(pdv.presentationContextID), {}, {}, false},
                             pdv.pdvType == DUL_COMMANDPDV, pdv.lastPDV != OFFalse,
                             {static_cast<const char*>(pdv.data), pdv.fragmentLength}, told.messages);
  }
}

// What one side says behind the opening, given to the other. A release is over with its response, for which DCMTK asks;
// where both sides ask, that is the end of it: DCMTK would ask as well.
void hear(Direction direction, const SeenAssociation& seen, const Opened& opened, DcmtkAssociation& told) {
  std::string bytes;
  std::vector<std::uint8_t> types;
  for (const SeenPdu& pdu : seen.after_opening) {
    if (pdu.direction != direction) continue;
    if (!pdu.is_whole() || pdu.type() > abort || pdu.bytes.size() > ASC_MAXIMUMPDUSIZE) {
      told.heard_all = false;
      break;
    }
    bytes += pdu.bytes;
    types.push_back(pdu.type());
  }
  const auto sent = std::async(std::launch::async, send_all, opened.peer->descriptor(), bytes);
  T_ASC_Association& association = *opened.association;
  Messages messages;
  for (const std::uint8_t type : types) {
    if (type == data) {
      hear_data(association, direction, messages, told);
      continue;
    }
    if (type == release_response) {
      check(ASC_releaseAssociation(&association), "a release response");
      told.account["dicom.end"] = "released";
      return;
    }
    const OFCondition end = DUL_ReadPDVs(&association.DULassociation, nullptr, DUL_NOBLOCK, kTimeoutSeconds);
    if (end != (type == abort ? DUL_PEERABORTEDASSOCIATION : DUL_PEERREQUESTEDRELEASE)) check(end, "the end");
    if (type == abort) {
      told.account["dicom.end"] = "aborted";
      told.account["dicom.aborted_by"] = aborter(direction);
    }
    return;
  }
}

}  // namespace

DcmtkAssociation dcmtk_association(const SeenAssociation& seen) {
  DcmtkAssociation told;
  SopClasses extended;
  const Opened opened = receive(seen.request);
  const Association& received = opened.association;
  tell_request(told.account, received->params, extended);
  put_unless_empty(told.account, "roles proposed",
                   roles_text(received->params, &T_ASC_PresentationContext::proposedRole));
  if (!seen.answer.empty()) {
    const Answered answered = ask(received->params, seen.answer);
    const bool rejected = answered.condition == DUL_ASSOCIATIONREJECTED;
    if (!rejected) check(answered.condition, "DCMTK's requestor");
    told.account["dicom.accepted"] = rejected ? "false" : "true";
    if (rejected) told.account["dicom.end"] = "rejected";
    T_ASC_Parameters* parameters = answered.association->params;
    if (rejected) {
      told.account["dicom.rejection_code"] = rejection_code(parameters);
    } else {
      tell_acceptance(told, parameters, extended);
      put_unless_empty(told.account, "roles accepted",
                       roles_text(parameters, &T_ASC_PresentationContext::acceptedRole));
      accept_all(*received);
      told.heard_all = true;
      hear(Direction::forward, seen, opened, told);
      hear(Direction::backward, seen, answered, told);
    }
  }
  std::string classes;
  for (const std::string& uid : extended) append(classes, uid);
  put_unless_empty(told.account, "dicom.extended_negotiation", classes);
  return told;
}

}  // namespace dcmwatch::oracle
